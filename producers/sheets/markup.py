"""XML of strangers in one pass: no document type, so no entities; depth and time bounded."""

from collections.abc import Callable, Iterable
from xml.parsers import expat

_DEPTH_MAX = 100
_DOCTYPE = "it declares a document type, which office formats do not have"

Start = Callable[[str, dict[str, str]], None]
"""Takes an element's name without its namespace, and its attributes, prefixed ones likewise."""
End = Callable[[str], None]
Text = Callable[[str], None]


class BrokenMarkup(Exception):
    """The part is not XML as the format prescribes it."""


def parse_markup(
    chunks: Iterable[bytes], start: Start, end: End | None = None, text: Text | None = None
) -> None:
    """Call back for each element and text. Raises BrokenMarkup, and InvalidInput from within.

    Office formats have no document type declaration (ISO/IEC 29500-2, 9.1.4): expat stops at
    one, before any entity is expanded or any address is looked up.
    """
    parser = _parser(start, end)
    if text is not None:
        parser.CharacterDataHandler = text
    is_first = True
    try:
        for chunk in chunks:
            # Before expat sees it: after an error in a handler it goes on to the end of the chunk.
            if is_first and b"<!DOCTYPE" in chunk.replace(b"\0", b""):
                raise BrokenMarkup(_DOCTYPE)
            is_first = False
            parser.Parse(chunk, False)  # noqa: FBT003 (it takes no names)
        parser.Parse(b"", True)  # noqa: FBT003
    except expat.ExpatError as error:
        raise BrokenMarkup(str(error)) from error
    except (LookupError, ValueError) as error:  # an encoding that Python does not know
        raise BrokenMarkup(str(error)) from error


def _parser(start: Start, end: End | None) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    depth = 0

    def on_start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _DEPTH_MAX:
            raise BrokenMarkup(f"elements are nested more than {_DEPTH_MAX} deep")
        start(name[name.rfind(" ") + 1 :], attributes)

    def on_end(name: str) -> None:
        nonlocal depth
        depth -= 1
        if end is not None:
            end(name[name.rfind(" ") + 1 :])

    def on_doctype(*_: object) -> None:
        raise BrokenMarkup(_DOCTYPE)

    parser.StartElementHandler = on_start
    parser.EndElementHandler = on_end
    parser.StartDoctypeDeclHandler = on_doctype
    return parser


def attribute(attributes: dict[str, str], name: str) -> str:
    """Return an attribute by its name without the namespace, or an empty text."""
    for key, value in attributes.items():
        if key[key.rfind(" ") + 1 :] == name:
            return value
    return ""
