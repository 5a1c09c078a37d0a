"""Check digits of the container numbers and SSCCs in an event, for entrances and workers.

An entrance that lets a wrong digit through, and a person who replays such a dead letter, say so in
a header of the record: the worker then takes it as well.
"""

from collections.abc import Iterator
from functools import lru_cache

from groupage.contracts.provenance import OWN_EVENTS
from groupage.contracts.signing import AnyHeaders
from groupage.domain.catalogue import EVENTS
from groupage.domain.checkdigits import (
    DigitProblem,
    container_problem,
    is_container_number,
    unit_problem,
)
from groupage.domain.events.base import Event

ACCEPTED_HEADER = ("wrong_digits", b"accepted")
"""Kafka header of a record whose wrong check digits an entrance or a person has accepted."""


def _wrong_sums() -> bytes:
    wrong = bytearray(b"\1" * 0xFFFF)
    zeros = int.from_bytes(b"0" * 18, "big")
    for odd in range(9 * 9 + 1):
        for even in range(9 * 9 + 1):
            if (3 * odd + even) % 10 == 0:
                wrong[(zeros + 256 * odd + even) % 0xFFFF] = 0
    return bytes(wrong)


WRONG_SUMS = _wrong_sums()
"""Whether the check digit of 18 ASCII digits is wrong, by their number modulo 65,535.

A number modulo 65,535 is the sum of its pairs of bytes: here 256 times the sum of every second
digit, plus the sum of the others. That is faster than a cache: thousands of cartons are under way,
so its entries would have left the processor's cache.
"""


def is_accepted(headers: AnyHeaders) -> bool:
    """Tell whether somebody accepted the record's wrong digits."""
    return ACCEPTED_HEADER in headers


def has_wrong_digits(event: Event) -> bool:
    """Tell whether a container number or SSCC of the event has a wrong digit.

    The hub's own events have none: what they say follows from events that were checked.
    """
    single, has_lists = _FIELDS.get(type(event), _NO_FIELDS)
    for name in single:
        text = getattr(event, name)
        if text is not None and is_wrong(text):
            return True
    return has_lists and any(is_wrong(text) for _, text in _units(event))


def is_wrong(text: str) -> bool:
    """Tell whether an id is a container number or an SSCC with a wrong digit."""
    if len(text) == 18 and text.isdigit() and text.isascii():
        return is_wrong_sscc(text)
    return len(text) == 11 and _is_wrong_container(text)


def is_wrong_sscc(text: str) -> bool:
    """Tell whether the last of 18 digits is not the check digit (GS1, modulo 10)."""
    return bool(WRONG_SUMS[int.from_bytes(text.encode(), "big") % 0xFFFF])


@lru_cache(maxsize=1_024)
def _is_wrong_container(ref: str) -> bool:
    return is_container_number(ref) and container_problem(ref) is not None


def find_digit_problems(event: Event, *, free_names: bool) -> Iterator[tuple[str, DigitProblem]]:
    """Yield each wrong digit with its field; the container's first.

    With `free_names` a container may have a name of any other form.
    """
    ref: str = getattr(event, "equipment_ref", None) or ""
    is_judged = ref and (not free_names or is_container_number(ref))
    if is_judged and (problem := container_problem(ref)):
        yield "equipment_ref", problem
    for field, unit_id in _units(event):
        if problem := unit_problem(unit_id):
            yield field, problem


def _units(event: Event) -> Iterator[tuple[str, str]]:
    for field in ("unit_id", "parent_id"):
        if unit_id := getattr(event, field, None):
            yield field, unit_id
    for field in ("inputs", "outputs", "unit_ids"):
        for index, unit_id in enumerate(getattr(event, field, ())):
            yield f"{field}[{index}]", unit_id
    for index, unit in enumerate(getattr(event, "units", ())):
        yield f"units[{index}].unit_id", unit.unit_id


def _fields_of(event: type[Event]) -> tuple[tuple[str, ...], bool]:
    names = event.__struct_fields__
    single = tuple(name for name in ("equipment_ref", "unit_id", "parent_id") if name in names)
    return single, any(name in names for name in ("inputs", "outputs", "unit_ids", "units"))


_FIELDS = {event: _fields_of(event) for event in EVENTS.values() if event not in OWN_EVENTS}
_NO_FIELDS: tuple[tuple[str, ...], bool] = ((), False)
