"""One byte string for one value: instances and plans are compared, hashed and named by it."""

import hashlib
import uuid

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import Plan

_PLANS = uuid.UUID("6f0c7a0e-52d5-5d3b-9d35-0d3f1a7c6a11")
_encoder = msgspec.json.Encoder(order="deterministic")


def canonical_json(value: Instance | Plan) -> bytes:
    """The value as JSON, always the same bytes for equal values."""
    return _encoder.encode(value)


def digest(value: Instance | Plan) -> str:
    """SHA-256 of the canonical JSON, hexadecimal. A plan is hashed without its certificate."""
    if isinstance(value, Plan) and value.certificate is not None:
        value = msgspec.structs.replace(value, certificate=None)
    return hashlib.sha256(canonical_json(value)).hexdigest()


def plan_id_of(instance_digest: str) -> str:
    """The id of the plan that this instance leads to: solving again gives it again."""
    return f"PLN-{uuid.uuid5(_PLANS, instance_digest)}"
