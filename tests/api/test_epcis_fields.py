"""Parameters that name a field: extensions, ILMD, quantities, sensor values with their units."""

from collections.abc import AsyncIterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from groupage.app.api.app import create_app
from groupage.app.api.epcis_parameters import parameters_without, read_event_query, split_values
from groupage.contracts.captured_comparisons import Comparison, meets_all
from groupage.contracts.captured_events import CapturedEvent
from groupage.contracts.captured_fields import forms_of, number_of
from groupage.contracts.captured_terms import terms_of
from groupage.domain.errors import InvalidInput
from groupage.domain.namespaces import Namespaces
from groupage.domain.rec20 import UNITS, convert
from groupage.store.readers import captured_events
from groupage.store.readers.captured_log import LogPlace, find_recorded
from tests.api.test_epcis_events import GS1, captured, event, found, store

Pool = asyncpg.Pool
CONTEXT = {"@context": [GS1, {"wms": "https://wms.example/ns/", "h": "https://hash.example/ns#"}]}
MEASURED = event(
    0,
    **CONTEXT,
    action="OBSERVE",
    quantityList=[
        {"epcClass": "urn:epc:class:lgtin:4012345.012345.1", "quantity": 1500, "uom": "GRM"},
        {"epcClass": "urn:epc:class:lgtin:4012345.012345.2", "quantity": 12},
    ],
    readPoint={"id": "urn:epc:id:sgln:4012345.00005.D4", "wms:gate": "4"},
    bizLocation={"id": "urn:epc:id:sgln:4012345.00005.0"},
    sensorElementList=[
        {
            "sensorMetadata": {
                "time": "2026-03-02T02:00:00Z",
                "startTime": "2026-03-02T01:00:00Z",
                "endTime": "2026-03-02T03:00:00+01:00",
                "wms:probe": "P1",
            },
            "sensorReport": [
                {
                    "type": "Temperature",
                    "value": 78.8,
                    "minValue": -4,
                    "sDev": 1.8,
                    "percRank": 50,
                    "uom": "FAH",
                    "wms:channel": 2,
                },
            ],
            "wms:sealed": True,
        }
    ],
)
LOT = event(
    1,
    **CONTEXT,
    action="ADD",
    ilmd={
        "cbvmda:lotNumber": "007",
        "cbvmda:itemExpirationDate": "2026-05-01T00:00:00Z",
        "wms:quality": {"wms:grade": {"wms:score": 8.5, "wms:by": ["Li", "Wu"]}},
    },
    readPoint={"id": "urn:epc:id:sgln:4012345.00005.0"},
    **{"wms:shift": "night", "h:crew": 3, "wms:truck": {"wms:plate": "A|B", "#text": "big"}},
)
FROM_XML = event(2, action="OBSERVE", **{"w:shift": "day", "w:count": "3.0"})
DECLARED = event(
    3,
    **CONTEXT,
    action="OBSERVE",
    errorDeclaration={
        "declarationTime": "2026-03-02T05:00:00Z",
        "wms:ticket": {"wms:number": 17},
    },
)
DAY = (MEASURED, LOT, FROM_XML, DECLARED)
WMS = "https://wms.example/ns/"


@pytest.fixture
async def hub(pool: "Pool[asyncpg.Record]") -> "Pool[asyncpg.Record]":
    """A hub that captured `DAY`; the third event came as XML."""
    events = [captured(members, place) for place, members in enumerate(DAY)]
    context = msgspec.json.encode([GS1, {"w": WMS}])
    events[2] = msgspec.structs.replace(events[2], format="xml", context=context)
    await store(pool, events)
    return pool


@pytest.fixture
async def api(hub: "Pool[asyncpg.Record]") -> AsyncIterator[httpx.AsyncClient]:
    """A client that binds two prefixes for the names of its parameters."""
    transport = httpx.ASGITransport(create_app(hub), raise_app_exceptions=False)
    headers = {"GS1-Extensions": f"wms={WMS}, h=https://hash.example/ns#"}
    async with httpx.AsyncClient(transport=transport, base_url="http://hub", headers=headers) as it:
        yield it


@pytest.mark.integration
@pytest.mark.parametrize(
    ("parameters", "places"),
    [
        ({"EQ_quantity": "12"}, [0]),
        ({"EQ_quantity": "11|12.0"}, [0]),
        ({"GT_quantity": "1500"}, []),
        ({"GE_quantity": "1500"}, [0]),
        ({"LT_quantity": "12"}, []),
        ({"LE_quantity": "12"}, [0]),
        ({"EQ_quantity_KGM": "1.5"}, [0]),
        ({"GT_quantity_KGM": "1.5"}, []),
        ({"EQ_quantity_LTR": "1.5"}, []),
        ({"EQ_value_CEL": "26"}, [0]),
        ({"EQ_value_KEL": "299.15"}, [0]),
        ({"GE_value_CEL": "26", "LT_value_CEL": "26.001"}, [0]),
        ({"GT_value_CEL": "26"}, []),
        ({"GE_value_KGM": "1"}, []),
        ({"LE_minValue_CEL": "-20"}, [0]),
        ({"EQ_sDev_KEL": "1"}, [0]),
        ({"GE_percRank": "50"}, [0]),
        ({"GE_maxValue_CEL": "0"}, []),
        ({"GE_startTime": "2026-03-02T01:00:00Z", "LT_startTime": "2026-03-02T01:00:01Z"}, [0]),
        ({"LT_endTime": "2026-03-02T02:00:00Z"}, []),
        ({"GE_endTime": "2026-03-02T02:00:00Z"}, [0]),
        ({"GE_time": "2026-03-02T02:00:00Z"}, [0]),
        ({"GE_errorDeclarationTime": "2026-03-02T05:00:00Z"}, [3]),
        ({"LT_errorDeclaration_Time": "2026-03-02T05:00:00Z"}, []),
        ({"EXISTS_sensorElementList": "true"}, [0]),
        ({"EXISTS_sensorElementList": "false"}, [0, 1, 2, 3]),
        ({"WD_readPoint": "urn:epc:id:sgln:4012345.00005.0"}, [0, 1]),
        ({"EQ_readPoint": "urn:epc:id:sgln:4012345.00005.0"}, [1]),
        ({"WD_readPoint": "https://id.gs1.org/414/4012345000054/254/D4"}, [0]),
        ({"WD_readPoint": "https://id.gs1.org/414/4012345000054/254/D"}, []),
        ({"WD_bizLocation": "https://id.gs1.org/414/4012345000054"}, [0]),
        ({"EQ_wms:shift": "night"}, [1]),
        ({"EQ_wms:shift": "day|night"}, [1, 2]),
        ({f"EQ_{WMS}#shift": "day|night"}, [1, 2]),
        ({f"EQ_{WMS}shift": "day|night"}, [1, 2]),
        ({"EQ_https://hash.example/ns#crew": "3"}, [1]),
        ({"EQ_https://hash.example/ns##crew": "3"}, [1]),
        ({"EQ_h:crew": "3.0"}, [1]),
        ({"EQ_wms:count": "3"}, [2]),
        ({"GT_h:crew": "2"}, [1]),
        ({"GE_wms:count": "3", "LE_wms:count": "3"}, [2]),
        ({"GE_wms:shift": "3"}, []),
        ({"EXISTS_wms:truck": ""}, [1]),
        ({"EXISTS_wms:plate": ""}, []),
        ({"EXISTS_INNER_wms:plate": "true"}, [1]),
        ({"EQ_wms:truck": "big"}, [1]),
        ({"EQ_ILMD_cbvmda:lotNumber": "007"}, [1]),
        ({"EQ_ILMD_urn:epcglobal:cbv:mda#lotNumber": "007"}, [1]),
        ({"EQ_ILMD_cbvmda:lotNumber": "7"}, []),
        ({"LT_ILMD_cbvmda:itemExpirationDate": "2026-05-01T08:00:01+08:00"}, [1]),
        ({"LT_ILMD_cbvmda:itemExpirationDate": "2026-05-01T08:00:00+08:00"}, []),
        ({"EQ_ILMD_cbvmda:itemExpirationDate": "2026-05-01T08:00:00+08:00"}, [1]),
        ({"EQ_INNER_ILMD_wms:by": "Wu"}, [1]),
        ({"GE_INNER_ILMD_wms:score": "8.5"}, [1]),
        ({"EXISTS_ILMD_wms:quality": "true"}, [1]),
        ({"EXISTS_ILMD_wms:score": "true"}, []),
        ({"EXISTS_wms:quality": "true"}, []),
        ({"EQ_readPoint_wms:gate": "4"}, [0]),
        ({"EQ_SENSORELEMENT_wms:sealed": "true"}, [0]),
        ({"EQ_SENSORMETADATA_wms:probe": "P1"}, [0]),
        ({"EQ_SENSORREPORT_wms:channel": "2"}, [0]),
        ({"GE_SENSORREPORT_wms:channel": "3"}, []),
        ({"EXISTS_ERROR_DECLARATION_wms:ticket": "true"}, [3]),
        ({"LT_INNER_ERROR_DECLARATION_wms:number": "18"}, [3]),
        ({"GE_quantity": "1", "EQ_action": "ADD"}, []),
        ({"GE_quantity": "1", "maxEventCount": "1"}, [0]),
    ],
)
async def test_events_are_found_by_their_fields(
    api: httpx.AsyncClient, parameters: dict[str, str], places: list[int]
) -> None:
    """Values are compared as texts, numbers and times; measures by their units."""
    events = found(await api.get("/events", params=parameters))
    assert [each["eventID"] for each in events] == [DAY[place]["eventID"] for place in places]


@pytest.mark.integration
@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"HASATTR_bizLocation": "x"}, "no master data"),
        ({"EQATTR_readPoint_urn:a:b": "x"}, "no master data"),
        ({"GE_value": "5"}, "GE_value_UNIT"),
        ({"GE_quantity": "much"}, "a number"),
        ({"GE_startTime": "2026-03-02"}, "a time"),
        ({"EQ_startTime": "2026-03-02T01:00:00Z"}, "EQ_startTime"),
        ({"GT_wms:shift": "night"}, "a number, or a time"),
        ({"EQ_wsm:shift": "night"}, "GS1-Extensions"),
        ({"EQ_shift": "night"}, "EQ_shift"),
        ({"EXISTS_wms:shift": "maybe"}, "true"),
        ({"NE_wms:shift": "night"}, "NE_wms:shift"),
        ({"EQ_wms:shift": "|".join(["a"] * 101)}, "100 values"),
    ],
)
async def test_a_field_that_cannot_be_compared_is_named(
    api: httpx.AsyncClient, parameters: dict[str, str], named: str
) -> None:
    """With what is right."""
    answer = await api.get("/events", params=parameters)
    assert answer.status_code == 400
    assert answer.json()["type"] == "epcisException:QueryParameterException"
    assert named in answer.text


@pytest.mark.integration
async def test_a_query_in_json_binds_its_prefixes(api: httpx.AsyncClient) -> None:
    """In its @context, with numbers as numbers."""
    query = {"@context": [GS1, {"x": "https://hash.example/ns#"}], "GE_x:crew": 3, "EQ_x:crew": [3]}
    assert (await api.post("/queries", json={"name": "q", "query": query})).status_code == 201
    (only,) = found(await api.get("/queries/q/events"))
    assert only["eventID"] == LOT["eventID"]


@pytest.mark.integration
async def test_wrong_extensions(api: httpx.AsyncClient) -> None:
    """The header is prefixes with their namespaces."""
    answer = await api.get("/events", headers={"GS1-Extensions": "wms"})
    assert answer.status_code == 400
    assert "GS1-Extensions" in answer.text


@pytest.mark.integration
async def test_comparisons_end_a_page_and_the_next_goes_on(
    api: httpx.AsyncClient, hub: "Pool[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request compares so many events; counting them all is an error, following links is not."""
    await store(
        hub,
        [
            captured(event(10 + n, **CONTEXT, action="OBSERVE", **{"h:crew": n}), 10 + n)
            for n in range(6)
        ],
    )
    for name in ("COMPARED_AT_ONCE", "COMPARED_MAX"):
        monkeypatch.setattr(captured_events, name, 2)
    answer = await api.get("/events?GE_h:crew=3&LE_h:crew=4&perPage=1")
    seen, requests = found(answer), 1
    while "link" in answer.headers:
        answer = await api.get(answer.headers["link"].partition(">")[0].strip("<"))
        seen += found(answer)
        requests += 1
    assert [each["h:crew"] for each in seen] == [3, 3, 4]
    assert requests > 3
    answer = await api.get("/events?GE_h:crew=3&maxEventCount=10")
    assert answer.status_code == 413
    assert answer.json()["type"] == "epcisException:QueryTooComplexException"


@pytest.mark.integration
async def test_a_follower_compares_events_too(
    hub: "Pool[asyncpg.Record]", monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many of them do not match before the next that does."""
    monkeypatch.setattr("groupage.store.readers.captured_log.COMPARED_AT_ONCE", 1)
    query = read_event_query(
        split_values({"GE_quantity": "1"}), parameters_without(""), namespaces=Namespaces()
    )
    wanted = msgspec.structs.replace(query.filter, terms=())
    page = await find_recorded(
        hub, wanted, ("hub.capture.v1", 0), LogPlace(-1), LogPlace(9), limit=5, bytes_max=1_000_000
    )
    assert [each.position.offset for each in page.captures] == [0]
    assert not page.more


def test_units() -> None:
    """Each converts into the base unit of its quantity and back."""
    for code, unit in UNITS.items():
        for other in (code for code, each in UNITS.items() if each.quantity == unit.quantity):
            there = convert(Fraction(7), code, other)
            assert there is not None
            assert convert(there, other, code) == 7
    assert convert(Fraction(50), "FAH", "CEL") == 10
    assert convert(Fraction(9), "FAH", "CEL", difference=True) == 5
    assert convert(Fraction(1), "LBR", "GRM") == Fraction("453.59237")
    assert convert(Fraction(36), "KMH", "MTS") == 10
    assert convert(Fraction(1), "KGM", "MTR") is None
    assert convert(Fraction(1), "XYZ", "XYZ") == 1
    assert convert(Fraction(1), "XYZ", "KGM") is None


@pytest.mark.parametrize(
    ("value", "forms"),
    [
        ("night", ["night"]),
        ("007", ["007"]),
        ("7.0", ["7.0", "number\n7"]),
        (7, ["number\n7"]),
        (0.5, ["number\n1/2"]),
        (True, ["true"]),
        (None, []),
        (10**40, []),
        ("2026-05-01T08:00:00+08:00",) * 1 + (
            ["2026-05-01T08:00:00+08:00", "time\n2026-05-01T00:00:00+00:00"],
        ),
    ],
)  # fmt: skip
def test_forms_of_values(value: object, forms: list[str]) -> None:
    """Lot 007 is not lot 7, and 7.0 pieces are 7."""
    assert list(forms_of(value)) == forms


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
MEMBERS = st.sampled_from([*MEASURED, *LOT, "errorDeclaration", "x:y"])


@given(st.dictionaries(MEMBERS, JSON), JSON)
def test_any_event_can_be_compared(members: dict[str, Any], context: Any) -> None:
    """A foreign program may have written it to the log."""
    at = captured({**event(1), "eventID": "urn:x"}, 0)
    try:
        body, bound = msgspec.json.encode(members), msgspec.json.encode(context)
    except OverflowError:
        return
    any_event: CapturedEvent = msgspec.structs.replace(at, body=body, context=bound)
    comparison = Comparison(scope="", names=("quantity",), operator="GE", operands=(Fraction(1),))
    assert meets_all(any_event, (comparison,)) in (True, False)
    assert terms_of(body, bound) == sorted(set(terms_of(body, bound)))


NAMES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["EQ_", "GT_", "LE_", "EXISTS_", "HASATTR_", "WD_"]),
        st.sampled_from(["", "INNER_", "ILMD_", "INNER_ILMD_", "readPoint_", "value_"]),
        st.sampled_from(["cbvmda:lotNumber", "urn:x#y", "#", ":", "CEL"]) | st.text(max_size=12),
    ),
)


@given(st.dictionaries(NAMES, st.text(max_size=30), max_size=3))
def test_any_field_parameter_is_read_or_refused(given_: dict[str, str]) -> None:
    """Nothing else is raised than what becomes an answer with status 400."""
    with suppress(InvalidInput):
        query = read_event_query(split_values(given_), parameters_without(""))
        assert all(len(term) == 32 for group in query.filter.terms for term in group)


@given(st.text(max_size=60) | st.integers() | st.floats())
def test_any_value_is_a_number_or_none(value: object) -> None:
    """Without an error, and exactly."""
    number = number_of(value)
    assert number is None or isinstance(number, Fraction)
