"""Commands of dispatchers in words."""

from groupage.store.readers.commands import CommandView


def describe(view: CommandView) -> str:
    """Say what a command is about and what came of it: ``pin of CN-1 by li: refused (…)``."""
    voyage = f", voyage {view.voyage_id}" if view.voyage_id else ""
    code = f" ({view.code})" if view.code else ""
    return (
        f"{view.command} of {view.about}{voyage}, by {view.by}: {view.state}{code}: {view.outcome}"
    )
