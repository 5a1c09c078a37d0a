"""What the judge says when a plan breaks a rule."""

import msgspec


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One broken rule."""

    code: str
    """Which rule; stable, for machines."""
    where: str
    """Which container, consignment, carton, route or field."""
    message: str
    """What was found and what would be right."""

    def __str__(self) -> str:
        return f"{self.code}: {self.where}: {self.message}"


Violations = list[Violation]


def broken(code: str, where: str, message: str) -> Violation:
    """Short for the constructor."""
    return Violation(code=code, where=where, message=message)
