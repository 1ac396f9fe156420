"""What describes the API to programs."""

from typing import Any

from fastapi import APIRouter
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from callfilter import __version__
from callfilter.web.visit import Viewer

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
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    parts.setdefault("schemas", {})["Problem"] = PROBLEM
    problem = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for operations in described["paths"].values():
        for operation in operations.values():
            operation["security"] = [{"token": []}]
            for code in CODES:
                operation["responses"][code] = {"description": "", **problem}
    return described
