"""The body and the headers of a delivery: an EPCISQueryDocument, signed."""

from collections.abc import Sequence

from groupage.app.api.epcis_headers import DESCRIPTION
from groupage.app.epcis_events import query_document
from groupage.contracts.body_signature import body_signature
from groupage.store.captured_events import StoredCapture
from groupage.store.subscriptions import Batch, Subscription

DELIVERY_ID = "Groupage-Delivery-Id"
SIGNATURE = "GS1-Signature"


def delivery_body(
    subscription: Subscription, batch: Batch, captures: Sequence[StoredCapture]
) -> bytes:
    """Return the document; the same batch gives the same bytes."""
    return query_document(
        [capture.event for capture in captures],
        query_name=subscription.query_name,
        created_at=batch.made_at,
        subscription_id=str(subscription.subscription_id),
    )


def delivery_headers(subscription: Subscription, batch: Batch, body: bytes) -> dict[str, str]:
    """Return the headers; with the client's secret also the signature of the body."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "groupage",
        **DESCRIPTION,
        DELIVERY_ID: str(batch.batch_id),
    }
    if subscription.signature_token is not None:
        headers[SIGNATURE] = body_signature(subscription.signature_token.encode(), body)
    return headers
