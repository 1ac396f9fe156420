"""The same operations as JSON, for programs: with a token (`Authorization: Bearer …`) or the cookie of the page.

Errors are problem+json (RFC 9457). `/api/v1/openapi.json` describes it all. Words are those of the database and of
`docs/reasons.md`, in no language.
"""

from fastapi import APIRouter

from callfilter.web.routes.api import calls, expecting, inbox, meta, numbers, policy

router = APIRouter(prefix="/api/v1")
for _part in (calls.router, inbox.router, numbers.router, expecting.router, policy.router):
    router.include_router(_part)
router.include_router(meta.describing(router))
