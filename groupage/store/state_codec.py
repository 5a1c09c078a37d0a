"""The column `body` of a stored state: its JSON, compressed with Zstandard when it is large.

The state of a consignment with thirty-five cartons is 9 kB of JSON and 2 kB in Zstandard: that
takes a sixth of the time to write, and it stays in its table's row. Deflate takes four times as
long for more bytes; PostgreSQL's own compression is slower, too.
"""

import sys

if sys.version_info >= (3, 14):
    from compression.zstd import ZstdCompressor, decompress
else:
    from backports.zstd import ZstdCompressor, decompress

_COMPRESSED_FROM_BYTES = 1_000
_LEVEL = 1
_compressor = ZstdCompressor(_LEVEL)
"""Used again and again: making one takes as long as compressing a state. Each call is atomic."""


def pack(state_json: bytes) -> bytes:
    """Return the column's value for a state in JSON."""
    if len(state_json) < _COMPRESSED_FROM_BYTES:
        return state_json
    return _compressor.compress(state_json, ZstdCompressor.FLUSH_FRAME)


def unpack(body: bytes) -> bytes:
    """Return the state's JSON from the column's value: only JSON begins with a brace."""
    return body if body[:1] == b"{" else decompress(body)
