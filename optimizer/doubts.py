"""What a solver must not trust when it solves an instance again: learnt from the verifier. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from optimizer.verification.api import certify
from optimizer.verification.violation import Violation

SOLVES_MAX = 4
"""Solves of one instance. Each but the last has led to new doubts."""


class Doubts(msgspec.Struct, frozen=True, kw_only=True):
    """Load plans that did not pass."""

    anew: tuple[str, ...] = ()
    """Containers whose load plan in force is not to be kept."""
    refuted: Mapping[str, str] = {}
    """Frozen and locked containers for which a new one did not pass either, and why."""

    def after(self, instance: Instance, violations: Sequence[Violation]) -> "Doubts | None":
        """The doubts with which to solve again after this judgement; None: nothing was learnt.

        First the load plan in force is given up. A frozen or locked container for which a new one
        is refuted too stays as it stands and is left to people: the rest of the lane is planned.
        """
        anew, refuted = set(self.anew), dict(self.refuted)
        for box in instance.consolidations:
            key = box.consolidation_id
            said = next((v for v in violations if _concerns(v, key)), None)
            if said is None:
                continue
            if box.planned and key not in anew:
                anew.add(key)
            elif box.stage != "slushy":
                refuted.setdefault(key, str(said))
        learnt = Doubts(anew=tuple(sorted(anew)), refuted=refuted)
        return learnt if learnt != self else None


NONE = Doubts()
"""Nothing is known against any load plan."""


class Certification:
    """Certifies the plans of one instance until one passes, or until another solve cannot help.

    The caller solves with `doubts` while there are any, and hands each plan to `certify`.
    """

    def __init__(self, instance: Instance) -> None:
        self.doubts: Doubts | None = NONE
        """What the next solve must not trust; None: no further solve."""
        self.violations: tuple[Violation, ...] = ()
        """Of the last plan; empty when it passed."""
        self._instance = instance
        self._solves = 0

    def certify(self, plan: Plan) -> Plan | None:
        """Return the plan with its certificate, or None when the verifier rejects it."""
        assert self.doubts is not None, "no further solve was asked for"
        certified, self.violations = certify(self._instance, plan)
        self._solves += 1
        if certified is not None or self._solves == SOLVES_MAX:
            self.doubts = None
        else:
            self.doubts = self.doubts.after(self._instance, self.violations)
        return certified


def _concerns(violation: Violation, consolidation_id: str) -> bool:
    return consolidation_id in violation.where.replace(":", " ").split()
