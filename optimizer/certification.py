"""Certify plans, and learn from the verifier which load plans the next solve must not use. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import Plan
from optimizer.verification.api import certify
from optimizer.verification.violation import Violation

SOLVES_MAX = 4
"""Solves of one instance. Each but the last has added exclusions."""


class Exclusions(msgspec.Struct, frozen=True, kw_only=True):
    """Load plans that broke a rule in earlier solves of the instance."""

    discarded: tuple[str, ...] = ()
    """Containers whose load plan in force must not be kept."""
    given_up: Mapping[str, str] = {}
    """Frozen and locked containers whose new load plan broke a rule too → the violation."""

    def extend(self, instance: Instance, violations: Sequence[Violation]) -> "Exclusions | None":
        """Return the exclusions for the next solve, or None when these violations add nothing.

        First the load plan in force is discarded. A frozen or locked container whose new load plan
        breaks a rule too keeps the one in force: a person must act, the rest of the lane is
        planned.
        """
        discarded, given_up = set(self.discarded), dict(self.given_up)
        for container in instance.consolidations:
            key = container.consolidation_id
            violation = next((v for v in violations if _concerns(v, key)), None)
            if violation is None:
                continue
            if container.planned and key not in discarded:
                discarded.add(key)
            elif container.stage != "slushy":
                given_up.setdefault(key, str(violation))
        extended = Exclusions(discarded=tuple(sorted(discarded)), given_up=given_up)
        return extended if extended != self else None


NO_EXCLUSIONS = Exclusions()


class Certification:
    """Certifies the plans of one instance until one passes, or until another solve cannot help.

    The caller solves with `exclusions` while there are any, and passes each plan to `certify`.
    """

    def __init__(self, instance: Instance) -> None:
        self.exclusions: Exclusions | None = NO_EXCLUSIONS
        """Exclusions for the next solve; None when there is no further solve."""
        self.violations: tuple[Violation, ...] = ()
        """Violations of the last plan; empty when the verifier certified it."""
        self._instance = instance
        self._solves = 0

    def certify(self, plan: Plan) -> Plan | None:
        """Return the plan with its certificate, or None when the verifier rejects it."""
        assert self.exclusions is not None, "no further solve was asked for"
        certified, self.violations = certify(self._instance, plan)
        self._solves += 1
        if certified is not None or self._solves == SOLVES_MAX:
            self.exclusions = None
        else:
            self.exclusions = self.exclusions.extend(self._instance, self.violations)
        return certified


def _concerns(violation: Violation, consolidation_id: str) -> bool:
    return consolidation_id in violation.where.replace(":", " ").split()
