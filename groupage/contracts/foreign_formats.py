"""Names of formats by their first bytes: an input that is not taken is called what it is.

Signatures are those of the formats' own specifications: ISO 9735 (EDIFACT), ASC X12.5, and the
magic numbers of files.
"""

import re

_HEAD = 65_536
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"BM", "a BMP picture"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a file of Microsoft Office 97 to 2003"),
    (b"\x1f\x8b", "gzip data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"(\xb5/\xfd", "zstd data"),
    (b"{\\rtf", "an RTF document"),
    (b"PAR1", "a Parquet file"),
    (b"Obj\x01", "an Avro file"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"MIME-Version:", "a MIME message (.mht, .eml)"),
    (b"STX=", "a TRADACOMS interchange"),
    (b"ID;P", "a SYLK sheet"),
    (b"TABLE\r\n0,1\r\n", "a DIF sheet"),
    (b"socialcalc:version:", "a SocialCalc sheet"),
)
_BITMAP_HEADER = b"\0\0\0\0"
_UNA = re.compile(rb"UNA(.)(.)(.)(.)(.)(.)", re.DOTALL)
_XML_ROOT = re.compile(rb"<([A-Za-z_][\w.\-]*:)?([A-Za-z_][\w.\-]*)([^>]*)")
_BEFORE_THE_ROOT = ((b"<?", b"?>"), (b"<!--", b"-->"), (b"<!DOCTYPE", b">"), (b"<!doctype", b">"))
_HTML_ELEMENTS = frozenset(
    ("html", "head", "body", "table", "meta", "style", "title", "script", "div", "center", "font")
)
_NAMESPACE = re.compile(rb"xmlns(?::([\w.\-]+))?\s*=\s*[\"']([^\"']{1,200})[\"']")
_VERSION = re.compile(rb"schemaVersion\s*=\s*[\"']([\d.]{1,10})[\"']")


def name_format(data: bytes) -> str | None:
    """Return what a file or message is, as in "it is …"; None for JSON, plain text, anything else.

    >>> name_format(b"UNB+UNOC:3+A+B+260302:0800+1'UNH+1+DESADV:D:96A:UN'")
    'EDIFACT DESADV D.96A'
    """
    head = data[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    for magic, name in _MAGIC:
        if head.startswith(magic) and (magic != b"BM" or head[6:10] == _BITMAP_HEADER):
            return name
    if head.startswith((b"UNA", b"UNB", b"UNH", b"UIB")):
        return _name_edifact(head)
    if head.startswith(b"ISA") and len(head) > 105 and not head[3:4].isalnum():
        return _name_x12(head)
    if head.startswith(b"\0") and len(head) > 5 and head[1:2] == b"\0":
        return "a record with a schema id before it (Confluent's Avro, Protobuf or JSON Schema)"
    if head.startswith(b"<"):
        return _name_markup(head)
    return None


def say_foreign(data: bytes, taken: str) -> str:
    """Say what the data is and what is taken in its place; empty where it has no name."""
    named = name_format(data)
    return f"it is {named}, which is not taken here: {taken}" if named else ""


def _name_edifact(head: bytes) -> str | None:
    stated = _UNA.match(head)
    component, element, end = (
        (stated[1], stated[2], stated[6]) if stated is not None else (b":", b"+", b"'")
    )
    start = head[9:].lstrip() if stated is not None else head
    if not start.startswith((b"UNB" + element, b"UNH" + element, b"UIB" + element)):
        return None
    for segment in start.split(end):
        elements = segment.strip().split(element)
        if elements[0] == b"UNH" and len(elements) > 2:
            parts = [_text(part) for part in elements[2].split(component)]
            kind, version = parts[0], ".".join(part for part in parts[1:3] if part)
            return " ".join(filter(None, ("EDIFACT", kind, version)))
    return "an EDIFACT interchange"


def _name_x12(head: bytes) -> str:
    element, end = head[3:4], head[105:106]
    version = ""
    for segment in head.split(end):
        elements = segment.strip().split(element)
        if elements[0] == b"GS" and len(elements) > 8:
            version = _text(elements[8])
        if elements[0] == b"ST" and len(elements) > 1:
            return " ".join(filter(None, ("X12", _text(elements[1]), version)))
    return "an X12 interchange"


def _name_markup(head: bytes) -> str | None:
    root = _XML_ROOT.match(_skip_prolog(head))
    if root is None:
        return "XML" if head.startswith(b"<?xml") else None
    prefix, name, attributes = root[1], _text(root[2]), root[3]
    if name.lower() in _HTML_ELEMENTS:
        return "an HTML page"
    wanted = (prefix or b"").rstrip(b":")
    namespaces = {match[1] or b"": _text(match[2]) for match in _NAMESPACE.finditer(attributes)}
    version = _VERSION.search(attributes)
    if name.startswith("EPCIS") and version is not None:
        return f"EPCIS XML {_text(version[1])} ({name})"
    namespace = namespaces.get(wanted)
    return f"XML ({name}{' of ' + namespace if namespace else ''})"


def _skip_prolog(head: bytes) -> bytes:
    """Return what follows declarations and comments; each step looks at its bytes once.

    A declaration of entities inside a document type stays, and then the markup has no name.
    """
    position = 0
    while True:
        while head[position : position + 1].isspace():
            position += 1
        for begin, end in _BEFORE_THE_ROOT:
            if head.startswith(begin, position):
                found = head.find(end, position)
                if found < 0:
                    return b""
                position = found + len(end)
                break
        else:
            return head[position:]


def _text(value: bytes) -> str:
    shown = value[:80].decode("ascii", "replace")
    return "".join(character if character.isprintable() else "?" for character in shown)
