"""Prefixes and terms of a document's own @context: compact IRIs and their namespaces.

EPCIS 2.0 lets a document, or a single event, bind prefixes in its @context. Nothing is remembered
from one document for the next. Remote contexts are not fetched: GS1's own is known, and a term of
any other one keeps its name.
"""

from collections.abc import Iterator, Mapping
from typing import Any

GS1_PREFIXES = {
    "cbv": "https://ref.gs1.org/cbv/",
    "cbvmda": "urn:epcglobal:cbv:mda",
    "epcis": "https://ref.gs1.org/epcis/",
    "gs1": "https://gs1.org/voc/",
}
"""What GS1's context binds. It spells the namespace of master data with a colon at its end; the
XML schema, and so the namespace of hashed names, without."""
_MASTER_DATA = "urn:epcglobal:cbv:mda"
_NOT_IRIS = frozenset(("@context", "eventID", "ilmd", "stringValue", "uom"))
IRI_LENGTH_MAX = 500
"""Characters. Each use of a prefix writes its namespace out: long ones would swell a document."""
_DEPTH_MAX = 4
"""A prefix may be defined by another one; more steps than this are a cycle or a mistake."""


class Namespaces:
    """The prefixes and terms that an event may use."""

    def __init__(self, bound: Mapping[str, str] | None = None) -> None:
        """`bound`: those that the document or event binds, beyond GS1's."""
        self._own = dict(bound or {})
        self._bound = GS1_PREFIXES | self._own

    @property
    def own(self) -> Mapping[str, str]:
        """Those that the document or event binds itself."""
        return self._own

    def defines(self, name: str) -> bool:
        """Tell whether it is a term or a prefix of the document's own."""
        return name in self._own

    def with_context(self, context: object) -> "Namespaces":
        """Return these with what another @context adds or changes."""
        own = dict(self._own)
        for name, iri in _definitions(context):
            if iri is None:
                own.pop(name, None)
            else:
                own[name] = iri
        return self if own == self._own else Namespaces(own)

    def expand_value(self, text: str) -> str:
        """Expand a compact IRI; return any other text unchanged."""
        for _ in range(_DEPTH_MAX):
            prefix, colon, local = text.partition(":")
            namespace = self._bound.get(prefix) if colon and not local.startswith("//") else None
            if namespace is None:
                return text
            text = _join(namespace, local)
        return text

    def expand_members(self, value: Any) -> Any:
        """Expand the values of GS1's own members, however deep, if the document binds prefixes."""
        if not self._own:
            return value
        if isinstance(value, str):
            return self.expand_value(value)
        if isinstance(value, list):
            return [self.expand_members(item) for item in value]
        if isinstance(value, dict):
            return {
                name: item
                if ":" in name or name in self._own or name in _NOT_IRIS
                # Free text keeps its colons.
                else self.expand_members(item)
                for name, item in value.items()
            }
        return value

    def expand_name(self, name: str, *, as_bound: bool = False) -> str:
        """Return a member's name as ``{namespace}local``; a name without namespace unchanged.

        `as_bound`: the namespace of master data keeps the colon that a document gives it.
        """
        prefix, colon, local = name.partition(":")
        if colon:
            if (namespace := self._bound.get(prefix)) is None:
                return name
            bound = self.expand_value(namespace)
            return f"{{{bound if as_bound else _namespace(bound)}}}{local}"
        if (iri := self._own.get(name)) is None:
            return name
        cut = max(iri.rfind("/"), iri.rfind("#")) + 1
        return f"{{{iri[:cut]}}}{iri[cut:]}" if 0 < cut < len(iri) else name


def _join(namespace: str, local: str) -> str:
    return f"{namespace}:{local}" if namespace == _MASTER_DATA else namespace + local


def _namespace(iri: str) -> str:
    return _MASTER_DATA if iri == f"{_MASTER_DATA}:" else iri


def _definitions(context: object) -> Iterator[tuple[str, str | None]]:
    for entry in context if isinstance(context, list) else [context]:
        if not isinstance(entry, dict):
            continue
        for name, definition in entry.items():
            if name.startswith("@"):
                continue
            iri: Any = definition.get("@id") if isinstance(definition, dict) else definition
            if iri is None or (isinstance(iri, str) and len(iri) <= IRI_LENGTH_MAX):
                yield name, iri
