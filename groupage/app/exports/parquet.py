"""The stored facts as a Parquet file: an archive with the columns of table `fact`.

Needs pyarrow (extra `parquet`), which takes more room than all the rest that runs a hub.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from groupage.domain.errors import Misconfigured
from groupage.store.facts import StoredFact

_ROWS = 20_000


def require_pyarrow() -> ModuleType:
    """Return pyarrow. Raises Misconfigured if it is not installed."""
    try:
        import pyarrow  # noqa: ICN001, PLC0415 - an extra
    except ImportError as error:
        raise Misconfigured(
            "Parquet files need pyarrow, which is not installed: `pip install 'groupage[parquet]'`"
        ) from error
    return pyarrow  # type: ignore[no-any-return]


def _schema(arrow: ModuleType) -> Any:
    text, instant = arrow.string(), arrow.timestamp("us", tz="UTC")
    return arrow.schema(
        [
            arrow.field("fact_id", text, nullable=False),
            arrow.field("kind", text, nullable=False),
            arrow.field("key", text, nullable=False),
            arrow.field("subject", text, nullable=False),
            arrow.field("type", text, nullable=False),
            arrow.field("source", text, nullable=False),
            arrow.field("event_id", text, nullable=False),
            arrow.field("occurred_at", instant, nullable=False),
            arrow.field("day", arrow.date32(), nullable=False),
            arrow.field("recorded_at", instant, nullable=False),
            arrow.field("classifier", text, nullable=False),
            arrow.field("correction_of", text),
            arrow.field("retracted", arrow.bool_(), nullable=False),
            arrow.field("effective", arrow.bool_(), nullable=False),
            arrow.field("relayed_by", text),
            arrow.field("topic", text, nullable=False),
            arrow.field("partition", arrow.int32(), nullable=False),
            arrow.field("record_offset", arrow.int64(), nullable=False),
            arrow.field("traceparent", text),
            arrow.field("data", text, nullable=False),
            arrow.field("original", arrow.binary()),
        ]
    )


async def write_parquet(
    groups: AsyncIterator[list[tuple[StoredFact, bool]]], path: Path, *, zone: ZoneInfo
) -> int:
    """Write the facts, each with whether it is effective; return how many there were.

    `day` is the day of `occurred_at` in `zone`, the hub's: engines that read the file convert
    instants to days in a zone of their own.
    """
    arrow = require_pyarrow()
    import pyarrow.parquet as parquet  # noqa: PLC0415, PLR0402

    schema, rows, written = _schema(arrow), list[dict[str, Any]](), 0
    with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
        async for group in groups:
            rows += [
                _row(stored, zone, is_effective=is_effective) for stored, is_effective in group
            ]
            if len(rows) >= _ROWS:
                writer.write_table(arrow.Table.from_pylist(rows, schema=schema))
                written += len(rows)
                rows.clear()
        writer.write_table(arrow.Table.from_pylist(rows, schema=schema))
    return written + len(rows)


def _row(stored: StoredFact, zone: ZoneInfo, *, is_effective: bool) -> dict[str, Any]:
    fact = stored.fact
    return {
        "fact_id": stored.fact_id,
        "kind": stored.kind,
        "key": fact.key,
        "subject": stored.stored_subject,
        "type": fact.type,
        "source": fact.source,
        "event_id": fact.event_id,
        "occurred_at": fact.occurred_at,
        "day": fact.occurred_at.astimezone(zone).date(),
        "recorded_at": fact.recorded_at,
        "classifier": fact.classifier,
        "correction_of": fact.correction_of,
        "retracted": fact.retracted,
        "effective": is_effective,
        "relayed_by": fact.relayed_by,
        "topic": stored.position.topic,
        "partition": stored.position.partition,
        "record_offset": stored.position.offset,
        "traceparent": fact.traceparent,
        "data": stored.data_json.decode(),
        "original": fact.original,
    }
