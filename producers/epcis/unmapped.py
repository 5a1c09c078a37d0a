"""The error of a valid EPCIS event that maps to no event of the hub."""

from producers.dead_letters import QuarantineCode


class Unmapped(Exception):
    """The event is valid and maps to no event of the hub; it becomes a dead letter."""

    def __init__(self, code: QuarantineCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
