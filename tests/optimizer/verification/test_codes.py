"""The list of violation codes is closed: no code beside it, none in it that no check uses."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from optimizer import verification
from optimizer.verification.codes import ViolationCode
from tests.optimizer.verification.test_mutations import MUTATIONS


def _trees() -> Iterator[ast.Module]:
    for path in Path(verification.__path__[0]).glob("*.py"):
        if path.name != "codes.py":
            yield ast.parse(path.read_text())


def _emitted() -> set[str]:
    """Return the names of the members that the checks use."""
    return {
        node.attr
        for tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in ("Code", "ViolationCode")
    }


def test_every_code_is_used_by_a_check() -> None:
    """The type checker lets no check use another."""
    assert _emitted() == set(ViolationCode.__members__)


def test_no_check_makes_a_code_from_a_string() -> None:
    """Such a code would escape mypy and the docs."""
    calls = [
        node
        for tree in _trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("Code", "ViolationCode")
    ]
    assert calls == []


def test_every_code_has_a_mutation_that_provokes_it() -> None:
    """A check that no broken plan has triggered may not work."""
    shown = {code for code, _ in MUTATIONS.values()}
    assert shown == set(ViolationCode)


@pytest.mark.parametrize("code", ViolationCode)
def test_every_code_says_in_a_sentence_what_is_wrong(code: ViolationCode) -> None:
    """The value is what machines read, the meaning is for people."""
    assert code.value == code.name.lower()
    assert code.meaning[0].isupper() or code.meaning[0] == "`"
    assert code.meaning.endswith(".")
