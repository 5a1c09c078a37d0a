"""Send events with the CloudEvents SDK for Python: over HTTP in its modes, and over Kafka.

The SDK has two interfaces, that of version 2 and the older one, which many systems use.
"""

import json
import sys
import urllib.request
from collections.abc import Mapping
from datetime import datetime

from cloudevents.core.bindings import http, kafka
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1 import conversion
from cloudevents.v1.http import CloudEvent as OlderEvent
from kafka import KafkaProducer

KEY = "350000000000000013"
DATA = {"unit_id": KEY, "dock": "D4"}
TIME = "2026-03-02T10:00:00.123456+08:00"
EXTENSIONS = {"knativearrivaltime": "2026-03-02T02:00:01Z", "partitionkey": KEY}


def _event(event_id: str, data: object = DATA, **attributes: object) -> CloudEvent:
    common = {
        "id": f"py-{event_id}",
        "source": "/wms/py",
        "type": "unit.received.v1",
        "time": datetime.fromisoformat(TIME),
        "specversion": "1.0",
    }
    return CloudEvent(common | EXTENSIONS | attributes, data)


def _post(address: str, headers: Mapping[str, str], body: bytes) -> None:
    request = urllib.request.Request(address, data=body, headers=dict(headers), method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        if answer.status != 202:
            raise SystemExit(f"{address}: {answer.status}")


def main() -> None:
    """Send one event in each mode."""
    gateway, broker, topic = sys.argv[1:]
    single, batch = f"{gateway}/v1/events", f"{gateway}/v1/events:batch"
    json_type = {"datacontenttype": "application/json"}
    raw = json.dumps(DATA).encode()
    structured = http.to_structured_event(_event("http-structured", **json_type))
    for message in (
        http.to_binary_event(_event("http-binary", **json_type)),
        structured,
        http.to_structured_event(_event("http-base64", raw)),
    ):
        _post(single, message.headers, message.body)
    listed = http.to_structured_event(_event("http-batch", **json_type)).body
    _post(batch, {"content-type": "application/cloudevents-batch+json"}, b"[" + listed + b"]")
    common = {"source": "/wms/py", "type": "unit.received.v1", "time": TIME, **EXTENSIONS}
    # Without a content type in the event, this interface states none in the request.
    older = conversion.to_binary(OlderEvent(common | {"id": "py-older-binary"}, DATA))
    _post(single, older[0] | {"content-type": ""}, older[1])
    older = conversion.to_structured(OlderEvent(common | {"id": "py-older-base64"}, raw))
    _post(single, *older)
    producer = KafkaProducer(bootstrap_servers=broker)
    for message in (
        kafka.to_binary_event(_event("kafka-binary", **json_type)),
        kafka.to_structured_event(_event("kafka-structured", **json_type)),
        kafka.to_structured_event(_event("kafka-base64", raw)),
    ):
        key = message.key.encode() if isinstance(message.key, str) else message.key
        sent = producer.send(
            topic, message.value, key=key, headers=list(message.headers.items()), timestamp_ms=1
        )
        sent.get(timeout=30)
    producer.close()


if __name__ == "__main__":
    main()
