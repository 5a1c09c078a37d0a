"""JSON objects in which a key comes twice with different values: parsers disagree which counts.

RFC 8259, section 4, leaves open what such an object means. A gateway that takes the last value
behind a filter that checks the first lets everything past the filter. Equal values do no harm.
Numbers are equal when they are written alike: where a field holds an integer, readers take ``1``
and refuse ``1.0``.
"""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

_ESCAPED_QUOTE = b"\\u0022"
_QUOTE = b'"'
_VALUE_LENGTH_MAX = 60


class RepeatedKey(msgspec.Struct, frozen=True):
    """A key that comes twice in one object with different values."""

    path: str
    """Of the key: ``[3].data.unit_id``."""
    key: str
    values: tuple[str, str]
    """The first two different ones as JSON, cut to a length for people."""

    def __str__(self) -> str:
        """Say what is wrong."""
        return (
            f"the key {self.key[:100]!r} comes twice in one object, at {self.path[:200]}, with the "
            f"values {self.values[0]} and {self.values[1]}"
        )


def find_repeated_key(text: bytes, parsed: object) -> RepeatedKey | None:
    r"""Return the first key that has two different values in one object, at any depth.

    `parsed` is the value that msgspec read from `text`. Written again, it has two quotation marks
    for each text and key, as the original has; each key that the parser dropped takes two away.
    Only ``\u0022`` makes another mark, so texts with it are read again slowly, as are all texts
    whose marks differ.
    """
    if _ESCAPED_QUOTE not in text:
        try:
            written = msgspec.json.encode(parsed)
        except (msgspec.MsgspecError, OverflowError, ValueError):
            pass
        else:
            if written.count(_QUOTE) == text.count(_QUOTE):
                return None
    return _search(text)


def _search(text: bytes) -> RepeatedKey | None:
    found: dict[int, tuple[str, tuple[str, str]]] = {}
    kept: list[dict[str, Any]] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) < len(pairs) and (different := _different(pairs)):
            found[id(built)] = different
            kept.append(built)  # an object that is dropped itself keeps its identity so
        return built

    tree = json.loads(
        text.decode("utf-8", "replace"),
        object_pairs_hook=build,
        parse_int=_number,
        parse_float=_number,
        parse_constant=_number,
    )
    if not found:
        return None
    for path, node in _objects(tree, ""):
        if (different := found.get(id(node))) is not None:
            key, values = different
            return RepeatedKey(f"{path}.{key}".removeprefix("."), key, values)
    key, values = found[id(kept[0])]  # inside a value that another repeated key dropped
    return RepeatedKey(key, key, values)


def _number(text: str) -> msgspec.Raw:
    """Return a number as it is written: it equals no text, and its size costs nothing."""
    return msgspec.Raw(text.encode())


def _different(pairs: list[tuple[str, Any]]) -> tuple[str, tuple[str, str]] | None:
    """Return the first key that has two different values, with these."""
    first: dict[str, Any] = {}
    for key, value in pairs:
        if first.setdefault(key, value) != value:
            return key, (_shown(first[key]), _shown(value))
    return None


def _shown(value: object) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _VALUE_LENGTH_MAX else text[: _VALUE_LENGTH_MAX - 1] + "…"


def _objects(node: object, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield path, node
        for name, value in node.items():
            yield from _objects(value, f"{path}.{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _objects(value, f"{path}[{index}]")
