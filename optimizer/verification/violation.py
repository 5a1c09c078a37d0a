"""One broken rule of a plan."""

import msgspec

from optimizer.verification.codes import ViolationCode


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One broken rule."""

    code: ViolationCode
    where: str
    """The container, consignment, carton, route or field concerned."""
    message: str
    """The value in the plan, and the value that would be right."""

    def __str__(self) -> str:
        return f"{self.code}: {self.where}: {self.message}"


Violations = list[Violation]


def violation(code: ViolationCode, where: str, message: str) -> Violation:
    """Make a violation from positional values."""
    return Violation(code=code, where=where, message=message)
