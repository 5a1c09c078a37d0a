"""A parameter that a path does not know is refused: ignored, it would answer another question."""

from fastapi import Request
from fastapi.routing import APIRoute

from groupage.domain.errors import InvalidInput


async def only_known(request: Request) -> None:
    """Raises InvalidInput naming the parameters there are."""
    route = request.scope["route"]
    assert isinstance(route, APIRoute)
    known = {field.alias for field in route.dependant.query_params}
    for name in request.query_params:
        if name not in known:
            right = f"{', '.join(sorted(known))} are" if known else "none is"
            raise InvalidInput(f"no parameter is called {name[:80]!r} here; {right} known")
