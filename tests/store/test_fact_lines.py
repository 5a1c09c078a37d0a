"""Facts as lines of COPY: whatever a fact may hold comes back from the table as it was."""

from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupage.contracts.encoding import encode_data, fact_id
from groupage.domain.events.unit import UnitReceived
from groupage.domain.fact import Fact
from groupage.store.facts import COLUMNS, Place, copy_facts, data_json_of, line_of

AT = datetime(2026, 3, 1, 8, 0, 0, 123456, tzinfo=UTC)
PLAIN = Fact(
    event_id="scan-1",
    source="/wms/yiwu-1",
    key="CN-1",
    occurred_at=AT,
    recorded_at=AT + timedelta(seconds=3),
    data=UnitReceived(unit_id="U-1", consignment_id="CN-1", dock="D4"),
)
ODD = "tab\tnewline\nreturn\r back\\slash \\N \\x41 \u4e49\u4e4c \U0001f4e6"
FACTS: dict[str, tuple[Fact, bytes]] = {
    "plain": (PLAIN, encode_data(PLAIN.data)),
    "pretty JSON": (PLAIN, b'{\n\t"unit_id": "U-1",\r\n\t"consignment_id": "CN-1"}'),
    "escapes in JSON": (PLAIN, rb'{"unit_id":"U-1","consignment_id":"CN-1","dock":"\\ \u4e49"}'),
    "Chinese JSON": (PLAIN, '{"unit_id":"U-1","consignment_id":"CN-1","dock":"义乌"}'.encode()),
    "unread bytes": (PLAIN, b'{"unit_id":"U-1","consignment_id":"CN-1","x":"\xff"}'),
    "odd texts": (msgspec.structs.replace(PLAIN, event_id=ODD, source=ODD), b"{}"),
    "extensions": (
        msgspec.structs.replace(
            PLAIN,
            classifier="EST",
            correction_of="a\tb",
            retracted=True,
            relayed_by="unit",
            traceparent="00-\\N",
            original=b"\\\x00\xff\n",
        ),
        b"{}",
    ),
    "only an original": (msgspec.structs.replace(PLAIN, original=b""), b"{}"),
}


@pytest.mark.parametrize("name", FACTS)
def test_the_events_json_can_be_read_from_its_line(name: str) -> None:
    """Dead letters and forwarded facts hold it as it came."""
    fact, data_json = FACTS[name]
    line = line_of("0" * 32, fact, data_json, Place("t", 0, 0), kind="unit")
    assert data_json_of(line) == data_json


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20))
def test_a_line_is_one_line_of_all_columns(text: str) -> None:
    """No text breaks the line, nor shifts its columns."""
    fact = msgspec.structs.replace(PLAIN, event_id=text, source=text, traceparent=text)
    plain = line_of("0" * 32, PLAIN, b"{}", Place("t", 0, 0), kind="unit")
    line = line_of("0" * 32, fact, text.encode(), Place("t", 0, 0), kind="unit")
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert line.count("\t") == plain.count("\t")


@pytest.mark.integration
async def test_every_column_comes_back_from_postgresql(database_url: str) -> None:
    """As it was, each with given stamps and without."""
    stamps = "2026-03-01T08:00:00.123456Z\t2026-03-01T16:00:03.123456+08:00"
    lines = [
        line_of(
            fact_id(fact).hex,
            fact,
            data_json,
            Place("t", 1, number),
            kind=fact.data.owner_kind,
            stamps=given,
        )
        for given in (None, stamps)
        for number, (fact, data_json) in enumerate(FACTS.values(), 100 if given else 0)
    ]
    connection = await asyncpg.connect(database_url)
    try:
        # Without the primary key: some of the facts share their id.
        await connection.execute("create temp table fact (like public.fact)")
        await copy_facts(connection, lines)
        rows = await connection.fetch("select * from fact order by record_offset")
    finally:
        await connection.close()
    assert len(rows) == len(lines)
    for row, (number, (fact, data_json)) in zip(
        rows, [*enumerate(FACTS.values())] * 2, strict=True
    ):
        expected = {
            "fact_id": fact_id(fact),
            "kind": "consignment",
            "key": fact.key,
            "subject": "U-1",
            "type": "unit.received",
            "topic": "t",
            "partition": 1,
            "record_offset": row["record_offset"],
            "data": data_json,
        } | {
            name: getattr(fact, name)
            for name in (
                "source",
                "event_id",
                "occurred_at",
                "recorded_at",
                "classifier",
                "correction_of",
                "retracted",
                "relayed_by",
                "traceparent",
                "original",
            )
        }
        assert row["record_offset"] % 100 == number
        assert {name: row[name] for name in COLUMNS} == expected
