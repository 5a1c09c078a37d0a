"""The body and the headers of a delivery: an EPCISQueryDocument, signed."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from groupage.app.epcis_events import CONTEXT_URL, with_context
from groupage.contracts.body_signature import body_signature
from groupage.contracts.captured_events import CapturedEvent
from groupage.store.captured_events import StoredCapture
from groupage.store.subscriptions import Batch, Subscription

DELIVERY_ID = "Groupage-Delivery-Id"
SIGNATURE = "GS1-Signature"
_DESCRIPTION = {
    "GS1-EPCIS-Version": "2.0.0",
    "GS1-CBV-Version": "2.0.0",
    "GS1-EPC-Format": "Never_Translates",
}


def delivery_body(
    subscription: Subscription, batch: Batch, captures: Sequence[StoredCapture]
) -> bytes:
    """Return the document; the same batch gives the same bytes."""
    return msgspec.json.encode(
        {
            "@context": [CONTEXT_URL],
            "type": "EPCISQueryDocument",
            "schemaVersion": "2.0",
            "creationDate": _text(batch.made_at),
            "epcisBody": {
                "queryResults": {
                    "queryName": subscription.query_name,
                    "subscriptionID": str(subscription.subscription_id),
                    "resultsBody": {
                        "eventList": [
                            msgspec.Raw(_with_record_time(capture.event)) for capture in captures
                        ]
                    },
                }
            },
        }
    )


def delivery_headers(subscription: Subscription, batch: Batch, body: bytes) -> dict[str, str]:
    """Return the headers; with the client's secret also the signature of the body."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "groupage",
        **_DESCRIPTION,
        DELIVERY_ID: str(batch.batch_id),
    }
    if subscription.signature_token is not None:
        headers[SIGNATURE] = body_signature(subscription.signature_token.encode(), body)
    return headers


def _with_record_time(event: CapturedEvent) -> bytes:
    members = msgspec.json.decode(with_context(event), type=dict[str, msgspec.Raw])
    at = msgspec.Raw(msgspec.json.encode(_text(event.recorded_at)))
    return msgspec.json.encode({**members, "recordTime": at})


def _text(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
