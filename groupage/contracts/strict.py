"""Strict twins of the event types: what a writer may send.

A twin has the fields of its event, refuses unknown ones, wants an offset in every instant and
carries a description for each field: the docstring below the field, or its unit. Readers are
tolerant and use the events themselves; schemas and checks for writers are made from the twins.
"""

import ast
import inspect
import sys
from datetime import datetime
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Union, get_args, get_origin

import msgspec

from groupage.domain.events import quantities
from groupage.domain.events.base import Event

_UNITS = {
    "_mm": "Millimetres.",
    "_g": "Grams.",
    "_cm3": "Cubic centimetres.",
    "_s": "Seconds.",
    "_m": "Metres.",
    "_minor": "Minor units (cents) of the currency.",
    "_cents": "Cents.",
    "_udeg": "Millionths of a degree.",
    "_permille": "Thousandths.",
    "_at": "An instant by RFC 3339 with its offset from UTC.",
}


@cache
def twin_of(
    struct: type[msgspec.Struct], *, forbid_unknown_fields: bool = True
) -> type[msgspec.Struct]:
    """The strict twin of an event or of a struct inside it."""
    fields: list[Any] = []
    for field in msgspec.structs.fields(struct):
        strict: Any = _strict(field.type, forbid_unknown_fields)
        if text := _description(struct, field.name):
            strict = Annotated[strict, msgspec.Meta(description=text)]
        if field.default is not msgspec.NODEFAULT:
            fields.append((field.name, strict, field.default))
        elif field.default_factory is not msgspec.NODEFAULT:
            default = msgspec.field(default_factory=field.default_factory)
            fields.append((field.name, strict, default))
        else:
            fields.append((field.name, strict))
    return msgspec.defstruct(
        struct.__name__,
        fields,
        namespace={"__doc__": inspect.getdoc(struct)},
        frozen=True,
        kw_only=True,
        forbid_unknown_fields=forbid_unknown_fields,
    )


def event_twin(event: type[Event]) -> type[msgspec.Struct]:
    """The strict twin of an event."""
    return twin_of(event)


def _strict(hint: Any, forbid: bool) -> Any:  # noqa: FBT001 - inner
    if hint is datetime:
        return Annotated[datetime, msgspec.Meta(tz=True)]
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return twin_of(hint, forbid_unknown_fields=forbid)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return Annotated[(_strict(arguments[0], forbid), *map(_whole, arguments[1:]))]
    if origin is tuple:
        return tuple[tuple(_strict(argument, forbid) for argument in arguments)]  # type: ignore[misc]
    if arguments and any(argument is type(None) for argument in arguments):
        return Union[tuple(_strict(argument, forbid) for argument in arguments)]  # noqa: UP007 - built at run time
    return hint


def _whole(meta: Any) -> Any:
    """With the pattern that the event itself leaves to `groupage.contracts.decoding`."""
    if not isinstance(meta, msgspec.Meta) or not meta.extra:
        return meta
    return msgspec.Meta(
        min_length=meta.min_length, max_length=meta.max_length, pattern=meta.extra["pattern"]
    )


def _description(struct: type[msgspec.Struct], field: str) -> str:
    """Docstring of the field, of its named type, or the unit that its name ends in."""
    for base in struct.__mro__:
        documented = _documented_fields(base)
        if field in documented:
            alias, text = documented[field]
            text = text or _aliases().get(alias, "")
            return text or _unit(field)
    return _unit(field)


def _unit(field: str) -> str:
    ending = field[field.rfind("_") :] if "_" in field else ""
    return _UNITS.get(ending, "")


@cache
def _documented_fields(struct: type) -> dict[str, tuple[str, str]]:
    """Field name → (name of its type, docstring), of the class's own body."""
    if struct.__module__ not in sys.modules or not struct.__module__.startswith("groupage."):
        return {}
    tree = _module_tree(struct.__module__)
    body = next(
        (
            node.body
            for node in tree.body
            if isinstance(node, ast.ClassDef) and node.name == struct.__name__
        ),
        [],
    )
    return {
        name: (ast.unparse(node.annotation).removesuffix(" | None"), text)
        for node, name, text in _annotated(body)
    }


@cache
def _aliases() -> dict[str, str]:
    """Name of a quantity (`Locode`) → what it is."""
    body = _module_tree(quantities.__name__).body
    texts = {}
    for statement, following in pairwise(body):
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            texts[statement.targets[0].id] = _text(following)
    return texts


@cache
def _module_tree(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(sys.modules[module]))


def _annotated(body: list[ast.stmt]) -> list[tuple[ast.AnnAssign, str, str]]:
    found = []
    for statement, following in zip(body, [*body[1:], ast.Pass()], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            found.append((statement, statement.target.id, _text(following)))
    return found


def _text(statement: ast.stmt) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return inspect.cleandoc(str(statement.value.value)).replace("\n", " ")
    return ""
