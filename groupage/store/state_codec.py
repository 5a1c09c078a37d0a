"""The column `body` of a stored state: its JSON, compressed with Zstandard when it is large.

The state of a consignment with thirty-five cartons is 9 kB of JSON and 2 kB in Zstandard: that
takes a sixth of the time to write, and it stays in its table's row. Deflate takes four times as
long for more bytes; PostgreSQL's own compression is slower, too.
"""

from cramjam import zstd

_COMPRESSED_FROM_BYTES = 1_000
_LEVEL = 1


def pack(state_json: bytes) -> bytes:
    """Return the column's value for a state in JSON."""
    if len(state_json) < _COMPRESSED_FROM_BYTES:
        return state_json
    return bytes(zstd.compress(state_json, level=_LEVEL))


def unpack(body: bytes) -> bytes:
    """Return the state's JSON from the column's value: only JSON begins with a brace."""
    return body if body[:1] == b"{" else bytes(zstd.decompress(body))
