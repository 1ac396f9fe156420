"""The first page: what happened today."""

from fastapi import APIRouter
from fastapi.responses import Response

from callfilter.web.visit import Viewer

router = APIRouter()


@router.get("/")
async def show(visit: Viewer) -> Response:
    """The page."""
    return visit.page("home.html")
