"""Problem documents (RFC 9457) of answers that come from the server and not from an application."""

from collections.abc import Mapping

import msgspec
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


def problem_json(status: int, code: str, title: str, detail: str) -> bytes:
    """Encode a problem document."""
    document = {"type": f"urn:groupage:problem:{code}", "title": title, "status": status}
    return msgspec.json.encode(document | {"detail": detail})


def problem_response(
    status: int, code: str, title: str, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Build the response of a problem."""
    return Response(
        problem_json(status, code, title, detail), status, headers, media_type=MEDIA_TYPE
    )
