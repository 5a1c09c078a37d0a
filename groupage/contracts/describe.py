"""Collect the docstrings of event fields into descriptions.json, from which schemas describe them.

Python drops a docstring below a field, and an installation may lack the sources. So run

    python -m groupage.contracts.describe

after a change to the docstring of an event's field; a test fails until then.
"""

import ast
import inspect
import sys
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import msgspec

from groupage.contracts.schemas import DESCRIPTIONS_FILE
from groupage.domain.catalogue import EVENTS


def descriptions_json() -> bytes:
    """Return the file's content: descriptions by class and field, as the sources have them."""
    texts = {
        f"{struct.__module__}.{struct.__name__}": dict(_documented_fields(struct))
        for event in EVENTS.values()
        for struct in _structs_in(event)
    }
    used = {name: fields for name, fields in sorted(texts.items()) if fields}
    return msgspec.json.format(msgspec.json.encode(used), indent=2) + b"\n"


def _structs_in(event: type[msgspec.Struct]) -> Iterator[type]:
    """List the structs that an event is made of, and their base classes."""
    schemas: list[Any] = [msgspec.inspect.type_info(event)]
    seen: set[type] = set()
    while schemas:
        node = schemas.pop()
        if isinstance(node, msgspec.inspect.StructType):
            schemas += [field.type for field in node.fields]
            for base in node.cls.__mro__:
                if base not in seen and base.__module__.startswith("groupage."):
                    seen.add(base)
                    yield base
        else:
            inner = getattr(node, "types", None) or [
                getattr(node, name) for name in ("item_type", "type") if hasattr(node, name)
            ]
            schemas += inner


def _documented_fields(struct: type) -> Iterator[tuple[str, str]]:
    """List the fields that a class declares itself, with the docstring below each."""
    (declared,) = ast.parse(inspect.getsource(struct)).body
    fields = getattr(struct, "__struct_fields__", ())
    for statement, following in pairwise(getattr(declared, "body", ())):
        match statement, following:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ) if name in fields:
                yield name, " ".join(text.split())


if __name__ == "__main__":
    DESCRIPTIONS_FILE.write_bytes(descriptions_json())
    sys.stdout.write(f"wrote {DESCRIPTIONS_FILE}\n")
