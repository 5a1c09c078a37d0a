"""URNs of the hub's own: for things that have no GS1 key, where EPCIS and others ask for a URI.

``urn:groupage:KIND:ID``, the id escaped as in any URI: ``urn:groupage:consignment:CN-1``.
"""

from urllib.parse import quote, unquote

PREFIX = "urn:groupage:"
_PLAIN = "/:@!$&'()*+,;="
"""Characters that may stand in a URN as they are, besides A to Z, a to z, 0 to 9 and ``-._~``."""


def own_urn(kind: str, id_: str, *, plain: str = _PLAIN) -> str:
    """Return the URN of a thing, with all but the `plain` characters of its id escaped."""
    return f"{PREFIX}{kind}:{quote(id_, safe=plain)}"


def own_id(kind: str, urn: str) -> str | None:
    """Return the id in a URN of that kind; None: it is something else."""
    prefix = f"{PREFIX}{kind}:"
    return (unquote(urn[len(prefix) :]) or None) if urn.startswith(prefix) else None


def kind_of(urn: str) -> str:
    """Return the kind of thing that a URN of the hub names; empty for any other text."""
    if not urn.startswith(PREFIX):
        return ""
    kind, separator, id_ = urn.removeprefix(PREFIX).partition(":")
    return kind if separator and id_ else ""
