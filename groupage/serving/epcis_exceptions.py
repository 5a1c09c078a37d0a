"""Problem types of GS1's REST binding of EPCIS 2.0: its clients tell errors apart by them."""

import re

PATHS = (
    "/capture",
    "/events",
    "/eventTypes",
    "/epcs",
    "/bizSteps",
    "/bizLocations",
    "/readPoints",
    "/dispositions",
    "/queries",
    "/nextPageToken",
)
"""Of the binding, and what lies below them."""
_BY_STATUS = {
    400: "ValidationException",
    401: "SecurityException",
    403: "SecurityException",
    404: "NoSuchNameException",
    406: "NotAcceptableException",
    409: "ResourceAlreadyExistsException",
    413: "CaptureLimitExceededException",
    415: "UnsupportedMediaTypeException",
    500: "ImplementationException",
    501: "ImplementationException",
    503: "ImplementationException",
}
_OF_QUERIES = {400: "QueryParameterException", 413: "QueryTooLargeException"}
_BELOW_NAME = re.compile("/queries/[^/]+/")
"""Parameters of the query itself stand in its definition, so those here are no query's."""


def epcis_exception(path: str, status: int, *, captures: bool = False) -> str:
    """Return the type of a problem at a path of the binding; empty for any other path or status.

    `captures`: the process takes events, and answers no queries.
    """
    is_of_binding = any(path == each or path.startswith(f"{each}/") for each in PATHS)
    is_query = not captures and not (status == 400 and _BELOW_NAME.match(path))
    name = (_BY_STATUS | _OF_QUERIES).get(status) if is_query else _BY_STATUS.get(status)
    return f"epcisException:{name}" if name and is_of_binding else ""
