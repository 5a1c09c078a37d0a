"""Find the known name that a mistyped one stands for."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

_LENGTH_MAX = 100
"""Longer texts are compared by their beginning: a comparison takes the square of the length."""
_SIMILARITY_MIN = 0.75
"""``reeived`` and ``received`` have 0.93."""
_SIGNS = re.compile(r"[\W_]+")


def find_near_name(name: object, known: Iterable[str]) -> str | None:
    """Return the known name that is most like this one; None when none is alike.

    Case and signs do not count: ``UnitReceived`` and ``unit_received`` are ``unit.received``.
    """
    if not isinstance(name, str) or not name:
        return None
    return _find_near(name[:_LENGTH_MAX], tuple(known))


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """``; did you mean unit.received.v1?``, or nothing when no known name is alike."""
    near = find_near_name(name, known)
    return f"; did you mean {near}?" if near else ""


def no_such(thing: str, name: object, known: Iterable[str], *, note: str = "") -> str:
    """``no such field; did you mean height_mm? Known are length_mm, width_mm, height_mm``.

    `note` is added to the name that may be meant, such as its unit.
    """
    names = tuple(known)
    near = find_near_name(name, names)
    hint = f"did you mean {near}{note}? Known" if near else "known"
    return f"no such {thing}; {hint} are {', '.join(names)}"


@lru_cache(maxsize=1024)
def _find_near(name: str, known: tuple[str, ...]) -> str | None:
    by_form = {_comparable(each): each for each in reversed(known)}
    form = _comparable(name)
    if form.isdigit():  # another code, not a typing error
        return None
    (nearest,) = get_close_matches(form, by_form, n=1, cutoff=_SIMILARITY_MIN) or (None,)
    return by_form[nearest] if nearest else None


def _comparable(name: str) -> str:
    return _SIGNS.sub("", name.casefold())
