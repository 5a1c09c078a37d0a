"""Query parameters: the fields of structs. Each error names a field, its value and what is right.

A parameter that the path does not have is refused: ignoring it would answer another question.
"""

import re
from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, Union, get_args

import msgspec

from groupage.domain.errors import InvalidInput
from groupage.domain.near_names import did_you_mean
from groupage.serving.problems import WrongField

TEXT_LENGTH_MAX = 200
_LOST_PLUS = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+ \d\d:?\d\d", re.ASCII)


class WrongParameters(InvalidInput):
    """Parameters that cannot be converted; `faults` lists all of them."""

    def __init__(self, faults: tuple[WrongField, ...]) -> None:
        super().__init__("parameters are wrong")
        self.faults = faults


def require_single(pairs: Sequence[tuple[str, str]], *, separator: str = "") -> Mapping[str, str]:
    """Return the parameters by name. Raises InvalidInput when one comes twice.

    `separator`: what stands between several values of a parameter of this path.
    """
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in given:
            several = f", its values separated by `{separator}`" if separator else ""
            raise InvalidInput(f"the parameter {name[:80]!r} comes twice; send it once{several}")
        given[name] = value
    return given


def parse_query(given: Mapping[str, str], *structs: type[msgspec.Struct]) -> list[Any]:
    """Convert the parameters to one struct of each type. Raises WrongParameters or InvalidInput."""
    fields = {name: field for struct in structs for name, field in parameters_of(struct).items()}
    for name in given:
        if name not in fields:
            known = f"{', '.join(sorted(fields))} are" if fields else "none is"
            hint = did_you_mean(name, fields) or f"; {known} known"
            raise InvalidInput(f"no parameter is called {name[:80]!r} here{hint}")
    values: dict[str, Any] = {}
    faults = []
    for name, field in fields.items():
        if name in given:
            try:
                values[name] = _convert(given[name], field)
            except ValueError:
                value = given[name][:TEXT_LENGTH_MAX]
                expected = expectation_of(field) + plus_hint(value)
                faults.append(WrongField(field=name, value=value, expected=expected))
        elif field.required:
            expected = f"{expectation_of(field)}: it is required"
            faults.append(WrongField(field=name, value=None, expected=expected))
    if faults:
        raise WrongParameters(tuple(faults))
    return [
        struct(
            **{
                field.name: values[name]
                for name, field in parameters_of(struct).items()
                if name in values
            }
        )
        for struct in structs
    ]


def plus_hint(value: str) -> str:
    """Say how `+` is written in an address, if a time has lost it there."""
    return "; in an address + is written as %2B" if _LOST_PLUS.fullmatch(value) else ""


def parameters_of(struct: type[msgspec.Struct]) -> dict[str, msgspec.structs.FieldInfo]:
    """Return the struct's fields by the names of their parameters."""
    return {field.encode_name: field for field in msgspec.structs.fields(struct)}


def schema_of(field: msgspec.structs.FieldInfo) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the JSON Schema of a parameter, and the components that it refers to."""
    (schema,), components = msgspec.json.schema_components(
        [_type_of(field)], ref_template="#/components/schemas/{name}"
    )
    if schema.get("type") == "string":
        schema.setdefault("maxLength", TEXT_LENGTH_MAX)
    if not field.required and field.default is not None:
        schema["default"] = field.default
    return schema, components


def expectation_of(field: msgspec.structs.FieldInfo) -> str:
    """Say which values are right, from the parameter's JSON Schema."""
    schema, components = schema_of(field)
    if reference := schema.get("$ref"):
        schema = components[reference.rpartition("/")[2]]
    if values := schema.get("enum"):
        return f"{', '.join(values[:-1])} or {values[-1]}"
    if schema.get("format") == "date-time":
        return "a time with its offset from UTC, like 2026-03-02T08:00:00Z"
    match schema.get("type"):
        case "boolean":
            return "true or false"
        case "integer":
            return f"a whole number from {schema['minimum']} to {schema['maximum']}"
    return f"a text of at most {schema['maxLength']} characters"


def _type_of(field: msgspec.structs.FieldInfo) -> Any:
    """Return the field's type without None, which only the parameter's absence stands for."""
    arguments = get_args(field.type)
    if NoneType not in arguments:
        return field.type
    return Union[tuple(part for part in arguments if part is not NoneType)]  # noqa: UP007 - built at run time


def _convert(text: str, field: msgspec.structs.FieldInfo) -> Any:
    value = msgspec.convert(text, _type_of(field), strict=False)
    if value == text and len(text) > schema_of(field)[0].get("maxLength", len(text)):
        raise ValueError(text)
    return value
