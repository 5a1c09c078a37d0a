"""Records as a foreign client might send them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from groupage.contracts.decoding import decode
from groupage.contracts.encoding import encode
from groupage.contracts.undecodable import Undecodable
from groupage.domain.fact import Fact

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def headers_of(fact: Fact, **changes: bytes | None) -> list[tuple[str, bytes]]:
    """Return the record's headers with some replaced, or left out (None)."""
    headers: dict[str, Any] = dict(encode(fact).headers) | changes
    return [(name, value) for name, value in headers.items() if value is not None]


def decode_error(**record: Any) -> Undecodable:
    """Decode a record that must fail, and return the error."""
    record = {"recorded_at": NOW} | record
    headers, key, value = record.pop("headers"), record.pop("key", None), record.pop("value")
    with pytest.raises(Undecodable) as caught:
        decode(headers, key, value, **record)
    return caught.value
