"""Query parameters of the read API, without a database."""

from collections.abc import Mapping

import msgspec
import pytest

from groupage.app.api.app import ENDPOINTS
from groupage.app.api.lists import AlertQuery, Paging
from groupage.app.api.openapi import build_document
from groupage.app.api.query import WrongParameters, parse_query, require_single
from groupage.domain.errors import InvalidInput
from groupage.domain.states import ConsignmentStatus
from groupage.store.readers.lists import ConsignmentFilter
from groupage.store.readers.routes import RouteFilter


def expectations(given: Mapping[str, str]) -> dict[str, str]:
    """Parse a query for consignments that has errors; returns what is expected for each."""
    with pytest.raises(WrongParameters) as caught:
        parse_query(given, ConsignmentFilter, Paging)
    return {fault.field: fault.expected for fault in caught.value.faults}


def test_values_are_converted_and_the_others_keep_their_defaults() -> None:
    """One struct for the filter, one for the page."""
    given = {"status": "BOOKED", "blocked": "true", "shipper": "null", "limit": "7"}
    wanted, paging = parse_query(given, ConsignmentFilter, Paging)
    status = ConsignmentStatus.BOOKED
    assert wanted == ConsignmentFilter(status=status, blocked=True, shipper="null")
    assert paging == Paging(limit=7)


def test_every_wrong_parameter_is_named_with_what_is_right() -> None:
    """The error names the range of numbers, the length of texts, the list of words."""
    wrong = {"limit": "0", "blocked": "null", "lane": "x" * 201, "after": "x" * 2_001}
    assert expectations(wrong) == {
        "limit": "a whole number from 1 to 1000",
        "blocked": "true or false",
        "lane": "a text of at most 200 characters",
        "after": "a text of at most 2000 characters",
    }
    assert expectations({"customs": "asleep"})["customs"].startswith("DECLARED, NONE, REJECTED")
    with pytest.raises(WrongParameters) as caught:
        parse_query({"severity": "loud"}, AlertQuery)
    assert caught.value.faults[0].expected == "critical, info or warning"
    for wrong_time in ("noon", "2026-03-02T08:00:00"):
        with pytest.raises(WrongParameters) as caught:
            parse_query({"from_at": wrong_time}, RouteFilter)
        assert caught.value.faults[0].expected.startswith("a time with its offset from UTC")


def test_a_time_that_lost_its_plus_is_explained() -> None:
    """An address means a space by `+`."""
    with pytest.raises(WrongParameters) as caught:
        parse_query({"from_at": "2026-03-02T08:00:00 08:00"}, RouteFilter)
    assert caught.value.faults[0].expected.endswith("; in an address + is written as %2B")


def test_an_unknown_parameter_may_be_a_known_one() -> None:
    """Then the long list of the others is left out."""
    with pytest.raises(InvalidInput) as caught:
        parse_query({"Limit": "1"}, Paging)
    assert str(caught.value) == "no parameter is called 'Limit' here; did you mean limit?"


def test_a_required_parameter_that_is_missing_is_named() -> None:
    """Today no endpoint has one."""

    class Needing(msgspec.Struct, frozen=True, kw_only=True):
        against: str

    with pytest.raises(WrongParameters) as caught:
        parse_query({}, Needing)
    assert [(fault.field, fault.value) for fault in caught.value.faults] == [("against", None)]


@pytest.mark.parametrize(
    ("given", "structs", "known"),
    [({"stat": "X"}, (Paging,), "after, limit are known"), ({"x": ""}, (), "none is known")],
)
def test_an_unknown_parameter_is_refused(
    given: dict[str, str], structs: tuple[type[Paging], ...], known: str
) -> None:
    """The error lists the known ones."""
    with pytest.raises(InvalidInput, match=known):
        parse_query(given, *structs)


def test_the_document_has_the_parameters_of_every_endpoint() -> None:
    """Those of the path and those of the query, with the limits that requests are held to."""
    paths = build_document(ENDPOINTS)["paths"]
    assert len(paths) == len(ENDPOINTS)
    parameters = {
        parameter["name"]: parameter for parameter in paths["/v1/consignments"]["get"]["parameters"]
    }
    assert parameters.keys() == {*ConsignmentFilter.__struct_fields__, "limit", "after"}
    assert parameters["lane"]["schema"] == {"type": "string", "maxLength": 200}
    assert parameters["limit"]["schema"].items() >= {"minimum": 1, "maximum": 1_000}.items()
    (plan_id, against) = paths["/v1/plans/{plan_id}/diff"]["get"]["parameters"]
    assert (plan_id["in"], against["in"], against["required"]) == ("path", "query", False)


def test_a_parameter_comes_once() -> None:
    """Taking the last value would answer another question than a filter before us has seen."""
    assert require_single([("limit", "1"), ("after", "x")]) == {"limit": "1", "after": "x"}
    with pytest.raises(InvalidInput, match="'limit' comes twice"):
        require_single([("limit", "1"), ("limit", "2")])
    with pytest.raises(InvalidInput, match=r"send it once, its values separated by `\|`"):
        require_single([("limit", "1"), ("limit", "2")], separator="|")


def test_the_document_has_every_problem_of_the_server() -> None:
    """What the guard and the limits answer can come at every path."""
    for path, methods in build_document(ENDPOINTS)["paths"].items():
        for operation in methods.values():
            responses = operation["responses"]
            assert {"400", "401", "421", "500", "503"} <= set(responses), path
            assert {"200", "201", "204"} & set(responses), path
