"""Signature of an HTTP body: ``sha256=`` and, in hex, its HMAC (RFC 2104) with a shared secret.

DCSA's publishers sign their bundles so (``Notification-Signature``), and the hub what it delivers
to subscribers of EPCIS queries (``GS1-Signature``, whose form GS1 leaves to the implementation).
"""

import binascii
import hmac
from collections.abc import Sequence
from hashlib import sha256

_METHOD = "sha256"


def body_signature(key: bytes, body: bytes) -> str:
    """Return the value of the header."""
    return f"{_METHOD}={hmac.digest(key, body, sha256).hex()}"


def is_body_signed(header: str, body: bytes, keys: Sequence[bytes]) -> bool:
    """Tell whether one of the secrets signed the body."""
    method, _, text = header.strip().partition("=")
    try:
        given = binascii.unhexlify(text.strip().encode())
    except (binascii.Error, UnicodeEncodeError):
        return False
    # All of them, whichever is right: the time of an answer tells nothing about the secrets.
    matches = [hmac.compare_digest(given, hmac.digest(key, body, sha256)) for key in keys]
    return method.strip().lower() == _METHOD and any(matches)
