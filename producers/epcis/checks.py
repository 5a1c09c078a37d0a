"""Checks of an EPCIS 2.0 event; stricter than GS1's JSON Schema, which accepts bad times and steps.

The checks share a list of problems, so that a sender gets every error at once.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from groupage.contracts.captured_events import EVENT_ID_LENGTH_MAX
from groupage.contracts.instants import in_calendar, read_instant
from groupage.domain.cbv import WORDS, Vocabulary, is_known, word_of
from groupage.domain.namespaces import Namespaces
from groupage.domain.near_names import did_you_mean
from producers.epcis import members
from producers.epcis.members import EVENT_TYPES, MEMBERS, find_unknown, is_extension
from producers.problems import FieldProblem, abbreviate

ACTIONS = ("ADD", "OBSERVE", "DELETE")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_OFFSET = re.compile(r"[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00")
_EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_QUANTITY_LISTS = (
    "quantityList",
    "childQuantityList",
    "inputQuantityList",
    "outputQuantityList",
)
_VOCABULARY_FIELDS: tuple[tuple[str, Vocabulary], ...] = (
    ("bizStep", "bizStep"),
    ("disposition", "disposition"),
)


def parse_time(text: object) -> datetime | None:
    """Parse an instant to UTC; None for other text and for times outside the events' calendar."""
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return None
    at = read_instant(text)
    return None if at is None else in_calendar(at)


class _Checker:
    def __init__(self, event: dict[str, Any], path: str, namespaces: Namespaces) -> None:
        self.event = event
        self.path = path
        self.namespaces = namespaces
        self.problems: list[FieldProblem] = []

    def add_problem(self, field: str, value: object, expected: str) -> None:
        path = f"{self.path}.{field}" if self.path else field
        if any(problem.field == path for problem in self.problems):
            return  # the first check of a member says what is wrong with it
        self.problems.append(FieldProblem(field=path, value=abbreviate(value), expected=expected))

    def check_time(self, field: str, holder: dict[str, Any], name: str, *, required: bool) -> None:
        value = holder.get(name)
        if (value is not None or required) and parse_time(value) is None:
            self.add_problem(
                field, value, "a date and time with offset, like 2026-03-01T08:00:00+08:00"
            )

    def check_uri(self, field: str, value: object) -> None:
        if not members.is_uri(value):
            self.add_problem(field, value, "a URI: an EPC URN or a GS1 Digital Link")

    def check_word(self, field: str, vocabulary: Vocabulary, value: object) -> None:
        if not isinstance(value, str) or not is_known(vocabulary, value):
            known = WORDS[vocabulary]
            word = word_of(vocabulary, value) or value if isinstance(value, str) else value
            hint = did_you_mean(word, known)
            words = ", ".join(sorted(known))
            self.add_problem(field, value, f"a URI, or a CBV {vocabulary}: {words}{hint}")

    def check_members(self, kind: str, at: str, value: dict[str, Any]) -> None:
        """Report members that an object of GS1's type `kind` does not have, and null in others."""
        for unknown in find_unknown(kind, value, self.namespaces):
            field = f"{at}.{unknown.name}" if at else unknown.name
            self.add_problem(field, value[unknown.name], unknown.expected)
        for name in value.keys() & MEMBERS[kind]:
            if value[name] is None:
                field = f"{at}.{name}" if at else name
                self.add_problem(field, None, "a value; leave the member out if there is none")

    def objects(self, name: str) -> list[tuple[str, dict[str, Any]]]:
        """Return the objects of a list field with their paths; any other item is a problem."""
        items = self.event.get(name, [])
        if not isinstance(items, list):
            self.add_problem(name, items, "a list of objects")
            return []
        found = []
        for index, item in enumerate(items):
            if isinstance(item, dict):
                found.append((f"{name}[{index}]", item))
            else:
                self.add_problem(f"{name}[{index}]", item, "an object")
        return found


def check_event(event: Any, path: str, namespaces: Namespaces) -> list[FieldProblem]:
    """Return every problem of an event, with the prefixes and terms that it may use."""
    checker = _Checker(event if isinstance(event, dict) else {}, path, namespaces)
    if not isinstance(event, dict):
        checker.add_problem("", event, "an EPCIS event: a JSON object")
        return checker.problems
    for check in _CHECKS_OF_ANY if is_foreign_type(event) else _CHECKS:
        check(checker)
    return checker.problems


def is_foreign_type(event: dict[str, Any]) -> bool:
    """Tell whether the event is of a type that its sender defined, named by a URI."""
    return members.is_uri(event.get("type"))


def _one_of(value: object, names: Iterable[str]) -> str:
    return f"one of {', '.join(names)}{did_you_mean(value, names)}"


def _check_what(checker: _Checker) -> None:
    event, kind = checker.event, checker.event.get("type")
    if kind not in EVENT_TYPES:
        checker.add_problem("type", kind, _one_of(kind, EVENT_TYPES))
    elif kind == "TransformationEvent":
        if "action" in event:
            checker.add_problem("action", event["action"], "a TransformationEvent without action")
    elif event.get("action") not in ACTIONS:
        checker.add_problem("action", event.get("action"), _one_of(event.get("action"), ACTIONS))
    for name in ("parentID", "transformationID"):
        if name in event:
            checker.check_uri(name, event[name])


def _check_lists(checker: _Checker) -> None:
    event = checker.event
    for name in _EPC_LISTS:
        epcs = event.get(name, [])
        if not isinstance(epcs, list):
            checker.add_problem(name, epcs, "a list of URIs")
            continue
        for index, epc in enumerate(epcs):
            checker.check_uri(f"{name}[{index}]", epc)
    for name in _QUANTITY_LISTS:
        for at, item in checker.objects(name):
            checker.check_members("quantityElement", at, item)
            checker.check_uri(f"{at}.epcClass", item.get("epcClass"))
            quantity = item.get("quantity")
            if quantity is not None and not (members.is_number(quantity) and quantity >= 0):
                checker.add_problem(f"{at}.quantity", quantity, "a number, 0 or more")
            unit = item.get("uom")
            if unit is not None and not (isinstance(unit, str) and members.UNIT.fullmatch(unit)):
                checker.add_problem(f"{at}.uom", unit, "a unit of UN/CEFACT Rec 20, like KGM")


def _check_parts(checker: _Checker) -> None:
    event, kind, action = checker.event, checker.event.get("type"), checker.event.get("action")

    def has_any(*names: str) -> bool:
        return any(event.get(name) for name in names)

    if kind == "ObjectEvent" and not has_any("epcList", "quantityList", "sensorElementList"):
        checker.add_problem(
            "epcList", event.get("epcList"), "at least one EPC, quantity or sensor report"
        )
    if kind in ("AggregationEvent", "AssociationEvent"):
        if action != "OBSERVE" and "parentID" not in event:
            checker.add_problem("parentID", None, f"a parent, with action {action}")
        if action == "ADD" and not has_any("childEPCs", "childQuantityList"):
            checker.add_problem(
                "childEPCs", event.get("childEPCs"), "at least one child, with action ADD"
            )
    if kind == "TransactionEvent" and not has_any("bizTransactionList"):
        checker.add_problem("bizTransactionList", event.get("bizTransactionList"), "at least one")
    if kind == "TransformationEvent" and "transformationID" not in event:
        for side in ("input", "output"):
            if not has_any(f"{side}EPCList", f"{side}QuantityList"):
                checker.add_problem(
                    f"{side}EPCList", None, f"at least one {side}, or a transformationID"
                )


def _check_when(checker: _Checker) -> None:
    checker.check_time("eventTime", checker.event, "eventTime", required=True)
    checker.check_time("recordTime", checker.event, "recordTime", required=False)
    offset = checker.event.get("eventTimeZoneOffset")
    if not isinstance(offset, str) or not _OFFSET.fullmatch(offset):
        checker.add_problem("eventTimeZoneOffset", offset, "an offset from UTC like +08:00")


def _check_why(checker: _Checker) -> None:
    event = checker.event
    for name, vocabulary in _VOCABULARY_FIELDS:
        if name in event:
            checker.check_word(name, vocabulary, event[name])
    _check_persistent(checker)
    for at, item in checker.objects("bizTransactionList"):
        checker.check_members("bizTransaction", at, item)
        checker.check_uri(f"{at}.bizTransaction", item.get("bizTransaction"))
        if "type" in item:
            checker.check_word(f"{at}.type", "bizTransaction type", item["type"])
    for name in ("source", "destination"):
        for at, item in checker.objects(f"{name}List"):
            checker.check_members(name, at, item)
            checker.check_uri(f"{at}.{name}", item.get(name))
            checker.check_word(f"{at}.type", "source type", item.get("type"))


def _check_persistent(checker: _Checker) -> None:
    name = "persistentDisposition"
    if name not in checker.event:
        return
    persistent = checker.event[name]
    if not isinstance(persistent, dict):
        checker.add_problem(name, persistent, "an object with set and unset")
        return
    checker.check_members(name, name, persistent)
    if not (persistent.get("set") or persistent.get("unset")):
        checker.add_problem(name, persistent, "set or unset, with dispositions")
    for part in ("set", "unset"):
        for index, value in enumerate(_as_list(persistent.get(part))):
            checker.check_word(f"{name}.{part}[{index}]", "disposition", value)


def _check_where(checker: _Checker) -> None:
    for name in ("readPoint", "bizLocation"):
        place = checker.event.get(name)
        if place is None:
            continue
        if not isinstance(place, dict):
            checker.add_problem(name, place, "an object with an id")
        else:
            checker.check_members(name, name, place)
            checker.check_uri(f"{name}.id", place.get("id"))


def _check_how(checker: _Checker) -> None:
    for at, element in checker.objects("sensorElementList"):
        checker.check_members("sensorElement", at, element)
        metadata = element.get("sensorMetadata", {})
        if isinstance(metadata, dict):
            _check_measurement(checker, "sensorMetadata", f"{at}.sensorMetadata", metadata)
        else:
            checker.add_problem(f"{at}.sensorMetadata", metadata, "an object")
        reports = element.get("sensorReport")
        if (
            not isinstance(reports, list)
            or not reports
            or not all(isinstance(item, dict) for item in reports)
        ):
            checker.add_problem(f"{at}.sensorReport", reports, "a list of sensor reports")
            continue
        for index, report in enumerate(reports):
            place = f"{at}.sensorReport[{index}]"
            if "type" not in report and "exception" not in report:
                checker.add_problem(f"{place}.type", None, "a measurement type, or an exception")
            _check_measurement(checker, "sensorReport", place, report)


_MEASUREMENT_WORDS: dict[str, Vocabulary] = {
    "type": "measurement type",
    "exception": "sensor alert type",
    "component": "component",
}


def _check_measurement(checker: _Checker, kind: str, at: str, value: dict[str, Any]) -> None:
    """Check sensor metadata or a sensor report, member by member."""
    checker.check_members(kind, at, value)
    for name in value.keys() & MEMBERS[kind]:
        found, field = value[name], f"{at}.{name}"
        if name in members.TIME_FIELDS:
            checker.check_time(field, value, name, required=True)
        elif name in members.URI_FIELDS:
            checker.check_uri(field, found)
        elif name in members.NUMBER_FIELDS and not members.is_number(found):
            checker.add_problem(field, found, "a number")
        elif name in _MEASUREMENT_WORDS:
            checker.check_word(field, _MEASUREMENT_WORDS[name], found)
        elif name == "booleanValue" and not isinstance(found, bool):
            checker.add_problem(field, found, "true or false")
        elif name == "hexBinaryValue" and not members.is_hex(found):
            checker.add_problem(field, found, "binary data in hex")
        elif name in ("stringValue", "uom") and not isinstance(found, str):
            checker.add_problem(field, found, "a text")


def _check_error(checker: _Checker) -> None:
    declaration = checker.event.get("errorDeclaration")
    if declaration is None:
        return
    if not isinstance(declaration, dict):
        checker.add_problem("errorDeclaration", declaration, "an object with declarationTime")
        return
    at = "errorDeclaration"
    checker.check_members(at, at, declaration)
    checker.check_time(f"{at}.declarationTime", declaration, "declarationTime", required=True)
    if "reason" in declaration:
        checker.check_word(f"{at}.reason", "error reason", declaration["reason"])
    for index, value in enumerate(_as_list(declaration.get("correctiveEventIDs"))):
        checker.check_uri(f"{at}.correctiveEventIDs[{index}]", value)


def _check_extensions(checker: _Checker) -> None:
    event = checker.event
    if (kind := event.get("type")) in EVENT_TYPES:
        checker.check_members(str(kind), "", event)
    ilmd = event.get("ilmd")
    if ilmd is None:
        return
    if event.get("type") == "ObjectEvent" and event.get("action") in ("OBSERVE", "DELETE"):
        checker.add_problem("ilmd", ilmd, "instance and lot master data only with action ADD")
    if not isinstance(ilmd, dict):
        checker.add_problem("ilmd", ilmd, "an object of instance and lot master data")
        return
    for name in ilmd:
        if not is_extension(name, checker.namespaces) and name not in members.COMMENTS:
            checker.add_problem(
                f"ilmd.{name}", ilmd[name], f"a name with its namespace, like cbvmda:{name}"
            )


def _check_identity(checker: _Checker) -> None:
    event = checker.event
    if "eventID" in event:
        event_id = event["eventID"]
        checker.check_uri("eventID", event_id)
        if isinstance(event_id, str) and len(event_id) > EVENT_ID_LENGTH_MAX:
            checker.add_problem("eventID", event_id, f"at most {EVENT_ID_LENGTH_MAX} characters")
    if "certificationInfo" in event:
        for index, value in enumerate(_as_list(event["certificationInfo"])):
            checker.check_uri(f"certificationInfo[{index}]", value)


def _as_list(value: object) -> list[object]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


_CHECKS: tuple[Callable[[_Checker], None], ...] = (
    _check_what,
    _check_lists,
    _check_parts,
    _check_when,
    _check_why,
    _check_where,
    _check_how,
    _check_error,
    _check_extensions,
    _check_identity,
)
_CHECKS_OF_ANY = (_check_when, _check_error, _check_identity)
