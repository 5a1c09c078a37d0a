"""Facts as lines of COPY: whatever a fact may hold comes back from the table as it was."""

from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupage.contracts.decoding import decode_fast
from groupage.contracts.encoding import encode_data, fact_id, headers_of
from groupage.contracts.undecodable import Undecodable
from groupage.domain.events.unit import UnitReceived
from groupage.domain.fact import Fact
from groupage.store.facts import COLUMNS, LogPosition, copy_facts, data_json_of, line_of

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
READ_IN_ONE_STEP = 5
"""Those without odd attributes: whatever their JSON looks like."""


def _line(fact: Fact, data_json: bytes, columns: bytes | None = None) -> bytes:
    place, kind = LogPosition("t", 1, 7), fact.data.aggregate_kind
    return line_of(fact_id(fact).hex, fact, data_json, place, kind=kind, columns=columns)


def _as_read(fact: Fact, data_json: bytes) -> bytes | None:
    """The line of a record that holds the fact; None: it is read in the general way, or refused."""
    try:
        decoded = decode_fast(headers_of(fact), fact.key.encode(), data_json)
    except Undecodable:
        return None
    return _line(decoded[0], decoded[2], decoded[3]) if decoded else None


@pytest.mark.parametrize("name", FACTS)
def test_the_events_json_can_be_read_from_its_line(name: str) -> None:
    """Dead letters and forwarded facts hold it as it came."""
    fact, data_json = FACTS[name]
    assert data_json_of(_line(fact, data_json)) == data_json
    if line := _as_read(fact, data_json):
        assert data_json_of(line) == data_json


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(TEXTS)
def test_a_line_is_one_line_of_all_columns(text: str) -> None:
    """No text breaks the line, nor shifts its columns."""
    fact = msgspec.structs.replace(PLAIN, event_id=text, source=text, traceparent=text)
    _is_one_line(_line(fact, text.encode()))


@given(TEXTS, TEXTS, TEXTS, TEXTS, st.integers(0, 2))
def test_what_is_read_in_one_step_is_one_line(
    event_id: str, source: str, key: str, dock: str, indent: int
) -> None:
    """No more does a record that `decode_fast` takes, written without escapes."""
    data = UnitReceived(unit_id="U-1", consignment_id=key, dock=dock)
    fact = msgspec.structs.replace(PLAIN, event_id=event_id, source=source, key=key, data=data)
    line = _as_read(fact, msgspec.json.format(encode_data(data), indent=indent))
    if line is not None:
        _is_one_line(line)


def _is_one_line(line: bytes) -> None:
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.count(b"\t") == len(COLUMNS) - 1


@pytest.mark.integration
async def test_every_column_comes_back_from_postgresql(database_url: str) -> None:
    """As it was, also when its record was read in one step."""
    stored: list[tuple[Fact, bytes, bytes]] = []
    for fact, data_json in FACTS.values():
        stored.append((fact, data_json, _line(fact, data_json)))
        if line := _as_read(fact, data_json):
            stored.append((fact, data_json, line))
    assert len(stored) == len(FACTS) + READ_IN_ONE_STEP
    connection = await asyncpg.connect(database_url)
    try:
        # Without the primary key: some of the facts share their id.
        await connection.execute("create temp table fact (number serial, like public.fact)")
        await copy_facts(connection, [line for _, _, line in stored])
        rows = await connection.fetch("select * from fact order by number")
    finally:
        await connection.close()
    for row, (fact, data_json, _) in zip(rows, stored, strict=True):
        expected = {
            "fact_id": fact_id(fact),
            "kind": "consignment",
            "key": fact.key,
            "subject": "U-1",
            "type": "unit.received",
            "topic": "t",
            "partition": 1,
            "record_offset": 7,
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
        assert {name: row[name] for name in COLUMNS} == expected
