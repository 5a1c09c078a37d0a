"""JSON objects in which a key comes twice: parsers disagree which value counts, so neither does.

RFC 8259, section 4, leaves open what such an object means. A gateway that takes the last value
behind a filter that checks the first lets everything past the filter.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

_ESCAPED_QUOTE = b"\\u0022"
_QUOTE = b'"'


class RepeatedKey(msgspec.Struct, frozen=True):
    """Where a key comes twice."""

    path: str
    """Of the key: ``[3].data.unit_id``."""
    key: str


def find_repeated_key(text: bytes, parsed: object) -> RepeatedKey | None:
    r"""Return the first key that comes twice in an object, at any depth; None when there is none.

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
    found: dict[int, str] = {}
    kept: list[dict[str, Any]] = []

    def build(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        built = dict(pairs)
        if len(built) < len(pairs):
            found[id(built)] = _first_repeated(name for name, _ in pairs)
            kept.append(built)  # an object that is dropped itself keeps its identity so
        return built

    tree = json.loads(
        text.decode("utf-8", "replace"),
        object_pairs_hook=build,
        parse_int=len,
        parse_float=len,
        parse_constant=len,
    )
    if not found:
        return None
    for path, node in _objects(tree, ""):
        if (key := found.get(id(node))) is not None:
            return RepeatedKey(f"{path}.{key}".removeprefix("."), key)
    key = found[id(kept[0])]  # inside a value that another repeated key dropped
    return RepeatedKey(key, key)


def _first_repeated(names: Iterable[str]) -> str:
    seen: set[str] = set()
    return next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]


def _objects(node: object, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield path, node
        for name, value in node.items():
            yield from _objects(value, f"{path}.{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _objects(value, f"{path}[{index}]")
