"""Values of the query parameters that ask for ids and words: what each may be."""

from collections.abc import Callable, Sequence

from groupage.contracts.captured_terms import ITEM_PATTERN
from groupage.domain.cbv import WORDS, Vocabulary, is_known
from groupage.domain.epc_patterns import EXPECTED, PATTERN_URN, expression_of
from groupage.domain.near_names import did_you_mean
from groupage.serving.problems import WrongField

VALUES_MAX = 100
"""Values of one parameter."""
EVENT_TYPES = (
    "AggregationEvent",
    "AssociationEvent",
    "ObjectEvent",
    "TransactionEvent",
    "TransformationEvent",
)
_ACTIONS = ("ADD", "DELETE", "OBSERVE")
_VOCABULARIES: dict[str, Vocabulary] = {
    "EQ_bizStep": "bizStep",
    "EQ_disposition": "disposition",
    "EQ_persistentDisposition_set": "disposition",
    "EQ_persistentDisposition_unset": "disposition",
    "EQ_errorReason": "error reason",
    "EQ_type": "measurement type",
}
_TYPES: dict[str, Vocabulary] = {
    "bizTransaction": "bizTransaction type",
    "source": "source type",
    "destination": "source type",
}
OF_EPCS = frozenset(
    f"MATCH_{name}" for name in ("epc", "parentID", "inputEPC", "outputEPC", "anyEPC")
)
"""Parameters that take patterns."""


def check_values(name: str, values: Sequence[str], faults: list[WrongField]) -> None:
    """Note what is wrong with the number of values, and each value that no event can have.

    A typing error would find nothing without a word.
    """
    if not 0 < len(values) <= VALUES_MAX:
        faults.append(fault(name, f"{len(values)} values", f"1 to {VALUES_MAX} values"))
        return
    for value in values:
        _check(name, value, faults)


def check_type(name: str, list_name: str, kind: str, faults: list[WrongField]) -> None:
    """Note a type at the end of a parameter's name that no event can have."""
    vocabulary = _TYPES[list_name]
    if not is_known(vocabulary, kind):
        expected = f"a type of CBV 2.0 or a URI at its end{did_you_mean(kind, WORDS[vocabulary])}"
        faults.append(fault(name, kind, expected))


def _check(name: str, value: str, faults: list[WrongField]) -> None:
    expected = _expectation(name)(value)
    if expected:
        faults.append(fault(name, value, expected))


def _expectation(name: str) -> Callable[[str], str]:
    if name in OF_EPCS:
        return _expect_epc
    if vocabulary := _VOCABULARIES.get(name):
        return lambda value: _expect_word(vocabulary, value)
    if name.endswith("Class"):
        return _expect_class
    return {"eventType": _expect_type, "EQ_action": _expect_action}.get(name, _expect_text)


def _expect_word(vocabulary: Vocabulary, value: str) -> str:
    if is_known(vocabulary, value):
        return ""
    return f"a word of CBV 2.0 or a URI{did_you_mean(value, WORDS[vocabulary])}"


def _expect_type(value: str) -> str:
    if value in EVENT_TYPES or ":" in value:
        return ""
    return f"{', '.join(EVENT_TYPES)} or a URI{did_you_mean(value, EVENT_TYPES)}"


def _expect_action(value: str) -> str:
    return "" if value in _ACTIONS else " or ".join(_ACTIONS)


def _expect_text(value: str) -> str:
    if not value or "\x00" in value:
        return "a text without the character NUL, between each two `|`"
    return "an id, not a pattern of ids" if value.startswith(PATTERN_URN) else ""


def _expect_epc(value: str) -> str:
    if value.startswith(PATTERN_URN):
        return "" if expression_of(value) is not None else EXPECTED
    return _expect_text(value)


def _expect_class(value: str) -> str:
    return "" if ITEM_PATTERN.fullmatch(value) else _expect_text(value)


def fault(name: str, value: object, expected: str) -> WrongField:
    """Return a wrong parameter, with as much of its value as helps."""
    shown = value[:200] if isinstance(value, str) else value
    return WrongField(field=name, value=shown, expected=expected)
