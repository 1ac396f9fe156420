"""The pages, one module each; every one has a `router`."""

from callfilter.web.routes import home, login, review, voicemail, welcome

ROUTERS = (login.router, welcome.router, home.router, review.router, voicemail.router)
