"""Puts a whole SQL file into the script that Alembic writes."""

from importlib.resources import files

from alembic import op


def include(name: str) -> None:
    """Add ``store/sql/{name}`` as it is; `op.execute` takes ``:word`` for a parameter."""
    text = files("groupage.store").joinpath("sql", name).read_text(encoding="utf-8")
    op.get_context().impl.static_output(text)
