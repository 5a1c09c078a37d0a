"""Schemas as other programs read them: in Go, JavaScript and Java as in Python.

Inside, patterns end in a look-ahead, because in Python a bare ``$`` also matches before a line feed
at the end. RE2, and so Go, has no look-ahead, and in all engines but Python's the bare ``$`` is
right. OpenAPI rules want `items` in each array, and some readers take it for a schema only.
"""

from typing import Any

from groupage.domain.events.quantities import END_OF_TEXT

LICENSE = {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}
SERVERS = [{"url": "/", "description": "The process that serves this document."}]
"""Of an OpenAPI document: addresses depend on the installation."""
_NOTHING: dict[str, Any] = {"not": {}}


def bearer_scheme(setting: str) -> dict[str, str]:
    """Describe the token of an HTTP interface; `setting` is the variable that has the tokens."""
    return {
        "type": "http",
        "scheme": "bearer",
        "description": f"Asked for where the process has tokens: {setting}. 401 without.",
    }


def publishable(node: Any) -> Any:
    """Return a copy of a JSON document in which schemas mean the same to all readers."""
    if isinstance(node, list):
        return [publishable(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {name: publishable(value) for name, value in node.items()}
    pattern = copy.get("pattern")
    if isinstance(pattern, str):
        copy["pattern"] = pattern.replace(END_OF_TEXT, "$")
    if copy.get("type") == "array":
        copy["items"] = _NOTHING if copy.get("items", {}) is False else copy.get("items", {})
    return copy
