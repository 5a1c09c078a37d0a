"""Where the simulated facts go: the protocol, and a file of JSON Lines."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, Self

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

    def encode(self, facts: Sequence[Fact]) -> Sequence[Any]:
        """Encode each fact for `send`. Raises InvalidInput for a fact that breaks the contract."""
        ...

    async def send(self, encoded: Sequence[Any]) -> None:
        """Send what `encode` made, in its order; return once the receiver has all of it.

        Raises GroupageError if it cannot.
        """
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

    def encode(self, facts: Sequence[Fact]) -> Sequence[bytes]:
        """Return a line for each fact."""
        return [envelope_json(fact) + b"\n" for fact in facts]

    async def send(self, encoded: Sequence[bytes]) -> None:
        """Append the lines."""
        assert self._file, "used as a context manager"
        self._file.writelines(encoded)
