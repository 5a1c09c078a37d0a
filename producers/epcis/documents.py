"""Any EPCIS document: in JSON or in XML, by its first character."""

from groupage.contracts.foreign_formats import say_foreign
from groupage.domain.errors import InvalidInput
from producers.epcis.reading import Document, read_json
from producers.epcis.xml_reading import read_xml

_WHITE_SPACE = b" \t\r\n"
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read_document(data: bytes) -> Document:
    """Split a document into its events. Raises InvalidInput for any other document.

    Wrong fields of the document itself become its `problems`.
    """
    if is_xml(data):
        return read_xml(data)
    if foreign := say_foreign(data, "EPCIS is read, 2.0 in JSON, 1.x and 2.0 in XML"):
        raise InvalidInput(foreign)
    return read_json(data.removeprefix(_BYTE_ORDER_MARKS[0]))


def is_xml(data: bytes) -> bool:
    """Tell whether it begins as XML does, in UTF-8 or UTF-16."""
    begin = data[:200]
    for mark in _BYTE_ORDER_MARKS:
        begin = begin.removeprefix(mark)
    return begin.replace(b"\0", b"").lstrip(_WHITE_SPACE).startswith(b"<")
