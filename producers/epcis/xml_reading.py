"""Reading of EPCIS documents in XML: versions 1.0 to 1.2 and 2.0, query documents, poll responses.

Each event is turned into the JSON event to which the standard lets it correspond
(`producers.epcis.xml_events`); from there on it is handled like any other. The parser refuses a
document type where it begins, and so entities. Size, depth, attributes, elements and time are
limited.
"""

import time
from collections.abc import Mapping
from typing import Any
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl

import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from groupage.contracts.captured_events import CONTEXT_BYTES_MAX
from groupage.domain.errors import InvalidInput
from groupage.domain.namespaces import Namespaces
from producers.epcis.checks import parse_time
from producers.epcis.members import EVENT_TYPES
from producers.epcis.reading import CONTEXT_URL, Document
from producers.epcis.xml_events import Element, Prefixes, event_of, is_epcis
from producers.problems import FieldProblem, abbreviate

BYTES_MAX = 64 * 2**20
DEPTH_MAX = 64
ATTRIBUTES_MAX = 64
"""Of one element."""
ELEMENTS_MAX = 4_000_000
ELEMENTS_OF_EVENT_MAX = 50_000
"""The hub acts on events of 256 KiB at most, which have some thousand elements."""
SECONDS_MAX = 60.0
_ELEMENTS_PER_CHECK = 1_000
_VERSIONS = ("1.", "2.")
_SOAP = "/soap-envelope", "/soap/envelope/"
_ENVELOPES = frozenset(("EPCISBody", "QueryResults", "resultsBody", "EventList"))
_DOCUMENTS = ("EPCISDocument", "EPCISQueryDocument", "QueryResults")
_MASTER_DATA = frozenset(("EPCISMasterData", "VocabularyList"))
_EXPECTED = "an EPCISDocument, EPCISQueryDocument, QueryResults or an event of EPCIS 1.x or 2.0"

Name = tuple[str | None, str]


def read_xml(data: bytes) -> Document:
    """Split a document into its events. Raises InvalidInput for any other document."""
    if len(data) > BYTES_MAX:
        raise InvalidInput(f"the XML has {len(data):,} bytes; at most {BYTES_MAX:,}: split it")
    handler = _Handler()
    parser = DefusedExpatParser(forbid_dtd=True)
    parser.setFeature(feature_namespaces, True)  # noqa: FBT003 - SAX's interface
    parser.setContentHandler(handler)
    try:
        parser.feed(data, isFinal=True)  # at once: expat before 2.6 reads a cut token again
    except SAXParseException as error:
        raise InvalidInput(
            f"not an EPCIS document in XML: {error.getMessage()} in line {error.getLineNumber()}, "
            f"column {(error.getColumnNumber() or 0) + 1}"
        ) from None
    except DefusedXmlException:
        raise InvalidInput(
            "the XML has <!DOCTYPE; the hub takes XML without document type and entities only"
        ) from None
    except (SAXException, LookupError, ValueError) as error:
        raise InvalidInput(f"not an EPCIS document in XML: {error}") from None
    return handler.document()


class _Handler(ContentHandler):
    """Builds a tree for each event, and turns it into JSON as soon as it ends."""

    def __init__(self) -> None:
        super().__init__()
        self._path: list[Name] = []
        self._event: list[Element] = []
        """The open elements of the event that is being read."""
        self._prefixes = Prefixes()
        self._events: list[msgspec.Raw] = []
        self._has_list = False
        self._is_single = False
        self._attributes: Mapping[str, str] = {}
        """Of the document's element."""
        self._document = ""
        self._notes: set[str] = set()
        self._elements = 0
        self._elements_before = 0
        """When the present event began."""
        self._ends_at = time.monotonic() + SECONDS_MAX

    def startPrefixMapping(self, prefix: str | None, uri: str | None) -> None:  # noqa: N802 - SAX
        self._prefixes.note(prefix, uri)

    def startElementNS(  # noqa: N802 - SAX
        self, name: Name, _qname: str | None, attrs: AttributesNSImpl
    ) -> None:
        self._check_limits(len(attrs))
        uri, local = name
        if self._event:
            element = Element(name, dict(attrs.items()))
            self._event[-1].children.append(element)
            self._event.append(element)
        elif self._is_event(name):
            self._elements_before = self._elements
            self._event.append(Element(name, dict(attrs.items())))
        else:
            self._open_envelope(uri, local, attrs)
        self._path.append(name)

    def endElementNS(self, _name: Name, _qname: str | None) -> None:  # noqa: N802 - SAX
        self._path.pop()
        if not self._event:
            return
        element = self._event.pop()
        if not self._event:
            self._events.append(msgspec.Raw(event_of(element, self._prefixes)))

    def characters(self, content: str) -> None:
        if self._event:
            self._event[-1].texts.append(content)

    def _check_limits(self, attributes: int) -> None:
        self._elements += 1
        if len(self._path) >= DEPTH_MAX:
            raise InvalidInput(f"the XML is more than {DEPTH_MAX} elements deep")
        if attributes > ATTRIBUTES_MAX:
            raise InvalidInput(f"an element has {attributes} attributes; at most {ATTRIBUTES_MAX}")
        of_event = self._elements - self._elements_before
        if self._event and of_event > ELEMENTS_OF_EVENT_MAX:
            raise InvalidInput(
                f"event {len(self._events)} has more than {ELEMENTS_OF_EVENT_MAX:,} elements"
            )
        if self._elements > ELEMENTS_MAX:
            raise InvalidInput(f"the XML has more than {ELEMENTS_MAX:,} elements: split it")
        if self._elements % _ELEMENTS_PER_CHECK == 0 and time.monotonic() > self._ends_at:
            raise InvalidInput(f"reading the XML took more than {SECONDS_MAX:g} s: split it")

    def _is_event(self, name: Name) -> bool:
        uri, local = name
        if not self._path:
            self._is_single = is_epcis(uri) and local in (*EVENT_TYPES, "QuantityEvent")
            return self._is_single
        in_list = self._path[-1][1] == "EventList" or (
            self._path[-1][1] == "extension" and ("EventList" in [each for _, each in self._path])
        )
        return in_list and is_epcis(self._path[-1][0]) and local not in ("extension", "EventList")

    def _open_envelope(self, uri: str | None, local: str, attrs: AttributesNSImpl) -> None:
        is_soap = (uri or "").endswith(_SOAP)
        if not self._document:
            if is_epcis(uri) and local in _DOCUMENTS:
                self._document = local
                self._attributes = {key[1]: value for key, value in attrs.items()}
            elif not (is_soap and local in ("Envelope", "Body", "Header")):
                found = f"{{{uri}}}{local}"[:200] if uri else local[:200]
                raise InvalidInput(f"the XML is {found}; expected {_EXPECTED}")
        elif local == "EventList" and is_epcis(uri):
            self._has_list = True
        elif local in _MASTER_DATA and is_epcis(uri):
            self._notes.add("master_data_not_read")
        elif local == "StandardBusinessDocumentHeader":
            self._notes.add("header_not_read")

    def document(self) -> Document:
        """Return what was read. Raises InvalidInput when there is no list of events."""
        if not self._has_list and not self._is_single:
            raise InvalidInput("EventList is missing; expected the list of events")
        bound = self._prefixes.bound
        context = msgspec.json.encode([CONTEXT_URL, bound]) if bound else None
        return Document(
            events=tuple(self._events),
            path="" if self._is_single else "EventList",
            namespaces=Namespaces(bound),
            context=context,
            format="xml",
            problems=tuple(self._problems(len(context or b""))),
            notes=tuple(sorted(self._notes)),
        )

    def _problems(self, context_bytes: int) -> Any:
        if context_bytes > CONTEXT_BYTES_MAX:
            yield FieldProblem(
                field="xmlns",
                value=f"{context_bytes} bytes",
                expected=f"at most {CONTEXT_BYTES_MAX} bytes of namespaces",
            )
        if self._document not in ("EPCISDocument", "EPCISQueryDocument"):
            return
        version = self._attributes.get("schemaVersion", "")
        if not version.startswith(_VERSIONS):
            yield FieldProblem(
                field="schemaVersion", value=abbreviate(version), expected="1.0 to 1.2, or 2.0"
            )
        created = self._attributes.get("creationDate")
        if self._document == "EPCISDocument" and parse_time(created) is None:
            yield FieldProblem(
                field="creationDate",
                value=abbreviate(created),
                expected="a date and time with offset, like 2026-03-01T08:00:00+08:00",
            )
