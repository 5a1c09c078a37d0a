"""Encode instances and plans as canonical JSON, and derive digests and plan ids from it."""

import hashlib
import uuid

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import Plan

_PLANS = uuid.UUID("6f0c7a0e-52d5-5d3b-9d35-0d3f1a7c6a11")
_encoder = msgspec.json.Encoder(order="deterministic")


def canonical_json(value: Instance | Plan) -> bytes:
    """Return the value as JSON; equal values give equal bytes."""
    return _encoder.encode(value)


def digest(value: Instance | Plan) -> str:
    """Return the SHA-256 of the canonical JSON, hexadecimal; a certificate is left out."""
    if isinstance(value, Plan) and value.certificate is not None:
        value = msgspec.structs.replace(value, certificate=None)
    return hashlib.sha256(canonical_json(value)).hexdigest()


def plan_id_of(instance_digest: str) -> str:
    """Return the id of the plan for this instance; solving it again gives the same id."""
    return f"PLN-{uuid.uuid5(_PLANS, instance_digest)}"
