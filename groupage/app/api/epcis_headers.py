"""Versions and formats of GS1's REST binding: how a path describes itself, and what it refuses."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from groupage.app.api.endpoints import JSON, Endpoint
from groupage.app.api.problems import HttpProblem
from groupage.app.api.query import WrongParameters
from groupage.domain.namespaces import IRI_LENGTH_MAX, Namespaces
from groupage.serving.problems import WrongField
from producers.epcis.xml_writing import WordForm

VERSION = "2.0.0"
HEADERS = (
    ("GS1-EPCIS-Version", "Version of EPCIS."),
    ("GS1-CBV-Version", "Version of the Core Business Vocabulary."),
    ("GS1-EPC-Format", "`Never_Translates`: EPCs stand as they came."),
    ("Link", "Address of the next page; absent: this is the last one."),
)
DESCRIPTION = {
    "GS1-EPCIS-Version": VERSION,
    "GS1-CBV-Version": VERSION,
    "GS1-EPC-Format": "Never_Translates",
}
_VERSIONS = {f"GS1-{kind}-{end}": VERSION for kind in ("EPCIS", "CBV") for end in ("Min", "Max")}
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(\.\d{1,3}){0,2}", re.ASCII)
_OUR_VERSION = (2, 0)
_PREFIX = re.compile(r"[A-Za-z][\w.-]{0,50}")
_EPC_FORMATS = ("No_Preference", "Never_Translates")
_XML_FORMATS = ("No_Preference", "Never_Translates", "Always_Web_URI", "Always_URN")
_FORM_OF_WORDS = "GS1-CBV-XML-Format"
_WEIGHT = re.compile(r"[01](\.\d{0,3})?", re.ASCII)
XML = "application/xml"
_XML = frozenset((XML, "text/xml"))
_READABLE = {"", "*/*", "application/*", "application/json", "application/ld+json"}


@dataclass(frozen=True, kw_only=True)
class DescribedEndpoint(Endpoint):
    """A path that says on OPTIONS what it understands, as the standard asks."""

    answers_xml: bool = False
    """Whether the path answers in XML, too."""

    @property
    def other_media_types(self) -> tuple[str, ...]:
        """XML, if the path answers in it."""
        return (XML,) if self.answers_xml else ()

    def route(self) -> Route:
        """Build the route, with OPTIONS."""
        return Route(self.path, self._answer, methods=(*self._methods(), "OPTIONS"))

    def _methods(self) -> tuple[str, ...]:
        return (*(("GET",) if self.reads else ()), *(write.method for write in self.writes))

    async def _read(self, request: Request) -> Response:
        if request.method == "OPTIONS":
            methods = sorted({*self._methods(), "OPTIONS", *(("HEAD",) if self.reads else ())})
            allowed = {"Allow": ", ".join(methods)}
            return Response(status_code=204, headers=DESCRIPTION | _VERSIONS | allowed)
        require_acceptable(request, xml=self.answers_xml)
        return await self._find(request)

    async def _find(self, request: Request) -> Response:
        raise NotImplementedError


def form_of_words(request: Request) -> WordForm | None:
    """Return the form in which the client wants words of the CBV; None: it has no preference."""
    match request.headers.get(_FORM_OF_WORDS):
        case "Always_Web_URI":
            return "Always_Web_URI"
        case "Always_URN":
            return "Always_URN"
    return None


def read_extensions(request: Request) -> Namespaces:
    """Return the prefixes that the header GS1-Extensions binds. Raises WrongParameters."""
    text = request.headers.get("GS1-Extensions", "").strip()
    if not text:
        return Namespaces()
    bound = {}
    for each in text.split(","):
        prefix, equals, namespace = each.strip().partition("=")
        if not (equals and _PREFIX.fullmatch(prefix) and 0 < len(namespace) <= IRI_LENGTH_MAX):
            expected = "prefix=namespace, several with commas between"
            raise WrongParameters((_wrong_header("GS1-Extensions", text, expected),))
        bound[prefix] = namespace
    return Namespaces(bound)


def wants_xml(request: Request) -> bool:
    """Tell whether the client prefers XML to JSON."""
    weights = _weights(request)
    return _weight_of(weights, _XML) > _weight_of(weights, _READABLE)


def _weights(request: Request) -> Mapping[str, float]:
    """Return the media types that the client accepts with their weights (RFC 9110, 12.5.1)."""
    weights = {}
    for each in request.headers.get("accept", "*/*").split(","):
        kind, *parameters = (part.strip().lower() for part in each.split(";"))
        weight = next((part[2:] for part in parameters if part.startswith("q=")), "1")
        weights[kind] = float(weight) if _WEIGHT.fullmatch(weight) else 1.0
    return weights


def _weight_of(weights: Mapping[str, float], kinds: Collection[str]) -> float:
    return max((weight for kind, weight in weights.items() if kind in kinds), default=0.0)


def require_acceptable(request: Request, *, xml: bool = False) -> None:
    """Refuse a client that needs another form or version. Raises HttpProblem.

    `xml`: the answer may be in XML.
    """
    faults = []
    if not any(_weight_of(_weights(request), kinds) for kinds in (_READABLE, *([_XML] * xml))):
        expected = f"{JSON} or {XML}" if xml else JSON
        faults.append(_wrong_header("Accept", request.headers["accept"], expected))
    if xml and wants_xml(request) and request.headers.get(_FORM_OF_WORDS) == "Never_Translates":
        expected = "Always_Web_URI or Always_URN: bare words of JSON are URIs in XML"
        faults.append(_wrong_header(_FORM_OF_WORDS, "Never_Translates", expected))
    for name, known in (("GS1-EPC-Format", _EPC_FORMATS), (_FORM_OF_WORDS, _XML_FORMATS)):
        if (value := request.headers.get(name)) is not None and value not in known:
            faults.append(_wrong_header(name, value, " or ".join(known)))
    for kind in ("EPCIS", "CBV"):
        for suffix in ("Min", "Max", "Version"):
            name = f"GS1-{kind}-{suffix}"
            value = request.headers.get(name)
            if value is not None and not _admits_our_version(value, suffix):
                faults.append(_wrong_header(name, value, f"a version that admits {VERSION}"))
    if faults:
        detail = "the answer cannot have that form"
        raise HttpProblem(HTTPStatus.NOT_ACCEPTABLE, detail, tuple(faults))


def _admits_our_version(value: str, suffix: str) -> bool:
    match = _VERSION.fullmatch(value.strip())
    if match is None:
        return False
    version = (int(match[1]), int(match[2]))
    if suffix == "Min":
        return version <= _OUR_VERSION
    return version >= _OUR_VERSION if suffix == "Max" else version == _OUR_VERSION


def _wrong_header(name: str, value: str, expected: str) -> WrongField:
    return WrongField(field=f"header {name}", value=value[:200], expected=expected)
