"""Signatures by which the hub's own processes recognize each other's records.

Whoever can write to a topic could otherwise send what only the hub may say: a plan, a tick, a
snapshot. So each record that a process of the hub derives carries a keyed BLAKE2b digest (RFC 7693)
in its last header. The digest covers the topic with the hub's prefix, all other headers in their
order and the value: id, source, type, times, correction, relaying aggregate, data. The record's key
needs no cover of its own, because decoding compares it with the id in the data.

A record that is copied stays what it was: under its own id, on its own topic, with its own data. It
is a duplicate, and changes nothing.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeVar

import msgspec

from groupage.domain.errors import Misconfigured
from groupage.settings import HubSettings, TopicSettings

SIGNATURE_HEADER = "hub_signature"
_TRACE_CONTEXT = frozenset({"traceparent", "tracestate", "baggage"})
"""Headers of W3C Trace Context and Baggage. No reader of the hub acts on them."""
SECRET_LENGTH_MIN = 32
"""Characters. `openssl rand -hex 32` makes 64."""
_DIGEST_BYTES = 16
"""A forger who guesses needs 2^127 records on average."""
_PERSON = b"groupage record"
# MessagePack writes the length of everything: no two records give the same bytes.
_encode = msgspec.msgpack.Encoder().encode

Headers = Sequence[tuple[str, bytes]]
AnyHeaders = Sequence[tuple[str, bytes | None]]
"""A Kafka header may have no value."""
Raw = TypeVar("Raw", bytes, bytes | None)


def hub_key_from(settings: HubSettings, topics: TopicSettings) -> "HubKey":
    """Return the key of the hub with these settings. Raises Misconfigured."""
    return HubKey(settings.secrets(), prefix=topics.prefix)


class HubKey:
    """The hub's secrets: the first one signs, all of them verify, so that it can be replaced."""

    def __init__(self, secrets: Sequence[str], *, prefix: str = "") -> None:
        """`prefix` is that of the hub's topics. Raises Misconfigured for a secret that is short."""
        if not secrets or any(len(secret) < SECRET_LENGTH_MIN for secret in secrets):
            raise Misconfigured(
                f"each of the hub's secrets needs at least {SECRET_LENGTH_MIN} characters, without "
                "white space; `openssl rand -hex 32` makes one"
            )
        self._prefix = prefix
        self._keys = [blake2b(secret.encode(), digest_size=32).digest() for secret in secrets]
        self._begun: dict[str, list[blake2b]] = {}

    def sign(
        self, topic: str, headers: Sequence[tuple[str, Raw]], value: bytes
    ) -> list[tuple[str, Raw]]:
        """Return the headers with the signature; `topic` is without the hub's prefix."""
        digest = self._digests_of(topic)[0].copy()
        digest.update(_encode((headers, value)))
        signed = list(headers)
        signed.append((SIGNATURE_HEADER, digest.hexdigest().encode()))
        return signed

    def verifies(self, topic: str, headers: AnyHeaders, value: bytes | None) -> bool:
        """Tell whether the last header is the signature of one of the secrets.

        Trace context may follow it: tracing put over our Kafka clients adds it to what is sent.
        """
        headers = without_trace_context(headers)
        if not headers or headers[-1][0] != SIGNATURE_HEADER:
            return False
        message, signature = _encode((headers[:-1], value)), headers[-1][1] or b""
        for begun in self._digests_of(topic):
            digest = begun.copy()
            digest.update(message)
            if hmac.compare_digest(digest.hexdigest().encode(), signature):
                return True
        return False

    def fingerprints(self) -> list[str]:
        """Return a text for each secret that tells whether two processes have the same one."""
        return [
            blake2b(key=key, digest_size=8, person=b"fingerprint").hexdigest() for key in self._keys
        ]

    def _digests_of(self, topic: str) -> "list[blake2b]":
        """Return, for speed, digests that have read the key and the topic already."""
        begun = self._begun.get(topic)
        if begun is None:
            name = _encode(self._prefix + topic)
            begun = self._begun[topic] = [
                blake2b(name, key=key, digest_size=_DIGEST_BYTES, person=_PERSON)
                for key in self._keys
            ]
        return begun


@dataclass(frozen=True)
class Trust:
    """Which records of the hub's topics may speak for the hub."""

    hub_key: HubKey
    unsigned_before: Mapping[tuple[str, int], int] = field(default_factory=dict)
    """By topic (without prefix) and partition: the offset before which records are believed without
    a signature, because versions before 0.3.0 did not sign. 0 where it is missing."""

    def key_for(self, topic: str, partition: int, offset: int) -> HubKey | None:
        """Return the key that must verify the record; None: it is believed without."""
        return self.hub_key if offset >= self.unsigned_before.get((topic, partition), 0) else None


def is_signed(headers: AnyHeaders) -> bool:
    """Tell whether the last header is a signature, right or wrong; trace context may follow it."""
    headers = without_trace_context(headers)
    return bool(headers) and headers[-1][0] == SIGNATURE_HEADER


def without_trace_context(headers: AnyHeaders) -> AnyHeaders:
    """Return the headers without trace context at their end."""
    while headers and headers[-1][0] in _TRACE_CONTEXT:
        headers = headers[:-1]
    return headers
