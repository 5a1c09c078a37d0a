"""Parts of a ZIP archive, unpacked while their bytes are counted."""

import io
import zipfile
import zlib
from collections.abc import Iterator
from urllib.parse import unquote

from groupage.domain.errors import InvalidInput
from producers.sheets.limits import Budget

_CHUNK = 2**18
_PARTS_MAX = 20_000
_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    LookupError,
)
"""Errors of zipfile: broken data, an unknown packing method, a password."""


class Archive:
    """A ZIP file of a strange program: part names are compared without case and quoting."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._budget = budget
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _ERRORS as error:
            raise InvalidInput(
                f"{budget.name} is a damaged ZIP archive ({error}): save and send it again"
            ) from error
        entries = self._zip.infolist()
        if len(entries) > _PARTS_MAX:
            raise InvalidInput(f"{budget.name} has {len(entries)} parts; {_PARTS_MAX} are the most")
        self._parts: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            name = part_name(entry.filename)
            if name in self._parts:
                raise InvalidInput(f"{budget.name} has the part {entry.filename[:100]!r} twice")
            self._parts[name] = entry

    def __contains__(self, name: str) -> bool:
        return part_name(name) in self._parts

    def names(self) -> list[str]:
        """Return the parts' names in their normal form."""
        return list(self._parts)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield a part's bytes piece by piece. Raises InvalidInput when it is not there."""
        entry = self._parts.get(part_name(name))
        if entry is None:
            raise InvalidInput(f"{self._budget.name} has no part {name[:100]!r}: save it again")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # Office formats use no other; that of LZMA may ask for gigabytes at once.
            raise InvalidInput(
                f"{self._budget.name} is packed in a way that spreadsheets are not: save it again"
            )
        try:
            with self._zip.open(entry) as stream:
                while chunk := stream.read(_CHUNK):
                    self._budget.count_unpacked(len(chunk))
                    yield chunk
        except _ERRORS as error:
            if entry.flag_bits & 1:
                raise InvalidInput(
                    f"{self._budget.name} is protected by a password: save it without one"
                ) from error
            raise InvalidInput(
                f"{self._budget.name} is damaged at {name[:100]!r} ({error}): send it again"
            ) from error

    def read(self, name: str) -> bytes:
        """Return a part's bytes."""
        return b"".join(self.chunks(name))


def part_name(name: str) -> str:
    """Return the normal form of a part's name: some writers quote, some use back slashes."""
    return unquote(name).replace("\\", "/").lstrip("/").casefold()
