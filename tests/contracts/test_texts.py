"""Texts that no sender may send: in ids nothing invisible, in other texts nothing that deceives."""

from typing import Any

import msgspec
import pytest

from groupage.contracts.examples import example_fact
from groupage.contracts.texts import (
    find_wrong_texts,
    has_only_plain_texts,
    require_plain_texts,
)
from groupage.contracts.validation import event_from_sender, validate_for_writing
from groupage.domain.catalogue import EVENTS
from groupage.domain.errors import InvalidInput
from groupage.domain.events.unit import UnitReceived

UNIT = {"unit_id": "106141412345678908"}


def pointers(event: str, **data: Any) -> list[str]:
    """Where texts of the event's data are wrong."""
    return [error.pointer for error in validate_for_writing(event, data)]


INVISIBLE = (
    *("\x00", "\x07", "\t", "\n", "\x1b", "\x7f", "\x85", "\x9b", "\u2028", "\u200b", "\u200f"),
    *("\u061c", "\u202a", "\u202e", "\u2066", "\u2069", "\ufeff", "\U000e0041"),
)


@pytest.mark.parametrize("char", INVISIBLE)
def test_an_id_has_nothing_invisible(char: str) -> None:
    """Two ids that look the same are the same."""
    assert pointers("unit.received", unit_id=f"CN{char}1") == ["/unit_id"]
    assert pointers("unit.received", **UNIT, consignment_id=f"CN{char}1") == ["/consignment_id"]


@pytest.mark.parametrize(
    "mark", ["义乌 No.7", "義烏\u3000七", "Café 7", "شركة النور", 'a "b"', "a\\b", "😀", "A\u00a07"]
)
def test_ids_of_any_script_are_right(mark: str) -> None:
    """Also with a space of any width inside, and with what JSON must escape."""
    assert pointers("unit.received", unit_id=mark, dock=mark) == []


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("two\nlines,\ta tab\r\n", True),
        ("שלום\u200f, می\u200cخواهم", True),
        ("say \\u202e", True),
        ("a\x08b", False),
        ("a\x0bb", False),
        ("a\x1b[2Jb", False),
        ("a\x7fb", False),
        ("a\x9b2Jb", False),
        ("a\u202eb", False),
        ("a\u2067b", False),
        ("a\u2029b", False),
    ],
)
def test_other_texts_may_have_lines_but_no_controls(text: str, right: bool) -> None:  # noqa: FBT001
    """A reason has paragraphs; nothing turns its direction or moves a cursor."""
    command = msgspec.to_builtins(example_fact(EVENTS["command.replan"]).data) | {"reason": text}
    assert pointers("command.replan", **command) == ([] if right else ["/reason"])


def test_texts_in_lists_and_parts_are_named_by_their_place() -> None:
    """With all other errors of the data, if there are any."""
    event = example_fact(EVENTS["unit.repacked"]).data
    assert list(find_wrong_texts(event)) == []
    wrong = {"outputs": ["U1", "U\u200b2"], "pieces": -1}
    errors = {error.pointer for error in validate_for_writing("unit.repacked", wrong)}
    assert "/pieces" in errors
    ids = [pointer for pointer, _, _ in find_wrong_texts({"a~/b": ["ok", {"c": "\u202e"}]})]
    assert ids == ["/a~0~1b/1/c"]


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.name)
def test_examples_need_no_closer_look(event: Any) -> None:
    """The bytes of usual events show that they hold plain texts only."""
    data = example_fact(event).data
    _, value = event_from_sender(event, msgspec.to_builtins(data))
    assert has_only_plain_texts(value)
    require_plain_texts(data, value)


def test_an_error_of_a_text_shows_it_escaped() -> None:
    """In a sentence, for senders that have no request to answer."""
    event = UnitReceived(unit_id="U\u202e1", dock="D\x854")
    with pytest.raises(InvalidInput, match=r"unit_id: .*; dock: ") as refused:
        require_plain_texts(event, b"\\")
    assert "\u202e" not in str(refused.value)
