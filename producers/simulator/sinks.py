"""Where the simulated facts go: the protocol, and a file of JSON Lines."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from groupage.contracts.encoding import envelope_json
from groupage.domain.errors import Misconfigured
from groupage.domain.fact import Fact


class Sink(Protocol):
    """Takes facts in their order; an asynchronous context manager."""

    async def __aenter__(self) -> Self:
        """Connect."""
        ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        ...

    async def send(self, facts: Sequence[Fact]) -> None:
        """Send the facts; return once the receiver has them. Raises GroupageError if it cannot."""
        ...


class FileSink:
    """One structured CloudEvent per line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None

    async def __aenter__(self) -> Self:
        """Create the file."""
        try:
            self._file = self._path.open("wb")
        except OSError as error:
            raise Misconfigured(f"{self._path} cannot be written: {error.strerror}") from error
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close it."""
        if self._file:
            self._file.close()

    async def send(self, facts: Sequence[Fact]) -> None:
        """Append them."""
        assert self._file, "used as a context manager"
        self._file.writelines(envelope_json(fact) + b"\n" for fact in facts)
