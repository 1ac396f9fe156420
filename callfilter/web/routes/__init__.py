"""The pages, one module each; every one has a `router`."""

from callfilter.web.routes import (
    audit,
    doctor,
    home,
    login,
    policy,
    presets,
    review,
    rules,
    testbox,
    tokens,
    users,
    voicemail,
    welcome,
)

ROUTERS = (
    login.router,
    welcome.router,
    audit.router,
    doctor.router,
    home.router,
    policy.router,
    presets.router,
    review.router,
    rules.router,
    testbox.router,
    tokens.router,
    users.router,
    voicemail.router,
)
