"""What describes the API to programs."""

from typing import Any, Final

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from callfilter import __version__
from callfilter.web.visit import COOKIE, CSRF_HEADER, SAFE_METHODS, Viewer

PROBLEM = {
    "type": "object",
    "required": ["title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "faults": {"type": "array", "items": {"type": "object"}},
    },
}
CODES = ("400", "401", "403", "404", "405", "409", "413", "422", "429", "503")


IN_PERSON: Final = frozenset({"users", "tokens"})
"""Tags of what takes a login of the page, and no token."""
SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer"},
    "login": {"type": "apiKey", "in": "cookie", "name": COOKIE},
    "page": {"type": "apiKey", "in": "header", "name": CSRF_HEADER},
}
"""What a request can show; `page` goes with `login` where something changes."""


def describing(api: APIRouter) -> APIRouter:
    """The route that describes the others."""
    router = APIRouter(tags=["about"])

    @router.get("/openapi.json", include_in_schema=False)
    async def describe(_: Viewer) -> JSONResponse:
        """The OpenAPI document."""
        return JSONResponse(document(api))

    return router


def document(api: APIRouter) -> dict[str, Any]:
    """The OpenAPI document of these routes."""
    described = get_openapi(title="callfilter", version=__version__, routes=api.routes)
    parts = described.setdefault("components", {})
    parts["securitySchemes"] = SCHEMES
    parts.setdefault("schemas", {})["Problem"] = PROBLEM
    problem = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for operations in described["paths"].values():
        for method, operation in operations.items():
            operation["security"] = [_shown(method.upper(), operation["tags"])]
            for code in CODES:
                operation["responses"][code] = {"description": "", **problem}
    return described


def _shown(method: str, tags: list[str]) -> dict[str, list[str]]:
    """What a request must show, all of it."""
    if not IN_PERSON.intersection(tags):
        return {"token": []}
    return {"login": []} if method in SAFE_METHODS else {"login": [], "page": []}
