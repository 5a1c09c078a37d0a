"""Mutations of a valid plan: the verifier must find each break under its own code."""

from functools import cache

import pytest

from groupage.domain.plan import Certificate
from optimizer.verification.api import certify, verify
from tests.optimizer.verification import (
    broken_accounts,
    broken_cartons,
    broken_containers,
    broken_tours,
)
from tests.optimizer.verification.changes import Both, Change
from tests.optimizer.world import instance, plan_of

MUTATIONS: dict[str, tuple[str, Change]] = {
    **broken_accounts.BREAKS,
    **broken_containers.BREAKS,
    **broken_cartons.BREAKS,
    **broken_tours.BREAKS,
}


@cache
def _valid() -> Both:
    case = instance()
    return case, plan_of(case)


def test_plan_by_hand_is_valid() -> None:
    """The plan that all mutations start from breaks no rule."""
    case, good = _valid()
    assert verify(case, good) == ()


def test_certificate_holds() -> None:
    """A valid plan is certified, and the certified plan is valid."""
    case, good = _valid()
    certified, violations = certify(case, good)
    assert violations == ()
    assert certified is not None
    assert isinstance(certified.certificate, Certificate)
    assert verify(case, certified) == ()


@pytest.mark.parametrize("name", MUTATIONS)
def test_mutation_is_caught(name: str) -> None:
    """The verifier finds each break under its own code and gives no certificate."""
    code, change = MUTATIONS[name]
    case, broken = change(*_valid())
    assert code in {violation.code for violation in verify(case, broken)}
    if broken.certificate is None:
        assert certify(case, broken)[0] is None
