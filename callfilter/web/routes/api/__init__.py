"""The same operations as JSON, for programs: with a token (`Authorization: Bearer …`) or the cookie of the page.

Errors are problem+json (RFC 9457). `/api/v1/openapi.json` describes it all. Words are those of the database and of
`docs/reasons.md`, in no language.
"""

from fastapi import APIRouter

from callfilter.web.routes.api import (
    audit,
    calls,
    expecting,
    health,
    hours,
    imports,
    inbox,
    meta,
    numbers,
    policy,
    replay,
    reports,
    rules,
    settings,
    tokens,
    trusted,
    users,
)

router = APIRouter(prefix="/api/v1")
for _part in (
    health.router,
    calls.router,
    inbox.router,
    numbers.router,
    imports.router,
    trusted.router,
    reports.router,
    expecting.router,
    rules.router,
    policy.router,
    hours.router,
    replay.router,
    settings.router,
    users.router,
    tokens.router,
    audit.router,
):
    router.include_router(_part)
router.include_router(meta.describing(router))
