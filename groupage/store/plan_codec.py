"""Plans and their instances in table `plan`: deflated JSON, and the number of its form.

Plans are decisions: no facts exist from which they could be derived again. A document of an older
form is brought to the newest one when it is read, a step of `_STEPS` at a time.
"""

import zlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from groupage.domain.instance import Instance
from groupage.domain.plan import Certificate, Plan

PLAN_FORM = 5
"""Of `Plan` and `Instance` as they are stored now; rises when one of them changes shape."""
_LEVEL = 3

Step = Callable[[dict[str, Any]], dict[str, Any]]
_STEPS: Mapping[tuple[type, int], Step] = {}
"""From one form's document, as plain JSON objects, to the next form's; absent: the same."""
_PLANS: msgspec.json.Decoder[Plan] = msgspec.json.Decoder(Plan)
_INSTANCES: msgspec.json.Decoder[Instance] = msgspec.json.Decoder(Instance)


class _Certified(msgspec.Struct):
    certificate: Certificate | None = None


_CERTIFICATES: msgspec.json.Decoder[_Certified] = msgspec.json.Decoder(_Certified)


def pack_document(document_json: bytes) -> bytes:
    """Deflate a plan or an instance in JSON."""
    return zlib.compress(document_json, _LEVEL)


def unpack_plan(form: int, body: bytes) -> Plan:
    """Decode a stored plan."""
    return _PLANS.decode(_upgrade(Plan, form, zlib.decompress(body)))


def digest_of(body: bytes) -> str:
    """Return the digest of a stored plan, without decoding the rest; it is the same in all forms.

    Empty: the verifier did not pass the plan.
    """
    certificate = _CERTIFICATES.decode(zlib.decompress(body)).certificate
    return certificate.plan_digest if certificate is not None else ""


def unpack_instance(form: int, body: bytes) -> Instance:
    """Decode a stored instance."""
    return _INSTANCES.decode(_upgrade(Instance, form, zlib.decompress(body)))


def _upgrade(document: type, form: int, body: bytes) -> bytes:
    steps = [
        step
        for number in range(form, PLAN_FORM)
        if (step := _STEPS.get((document, number))) is not None
    ]
    if not steps:
        return body
    content = msgspec.json.decode(body)
    for step in steps:
        content = step(content)
    return msgspec.json.encode(content)
