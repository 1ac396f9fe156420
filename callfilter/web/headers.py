"""What every answer carries to keep other people's scripts out, and how much anybody may send us."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
LARGEST: Final = 32 * 1024 * 1024
"""Bytes of a request: a list of a million numbers has 15 million."""
MOST_FIELDS: Final = 20_000
"""Fields of a form: two thousand DIDs and as many trunks have eighteen thousand. By itself Starlette refuses more than
1000, and one of more than a mebibyte."""


class SafeHeaders:
    """ASGI middleware: adds the headers, keeps pages out of caches, and refuses what is too large."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        static = scope["path"].startswith("/static/")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                names = {name for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(one for one in HEADERS if one[0] not in names)]
                if b"cache-control" not in names:
                    age = b"public, max-age=86400" if static else b"no-store"
                    message["headers"].append((b"cache-control", age))
            await send(message)

        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LARGEST:
                raise TooLargeError
            return message

        try:
            await self._app(scope, bounded, with_headers)
        except TooLargeError:
            await with_headers({"type": "http.response.start", "status": 413, "headers": []})
            await send({"type": "http.response.body", "body": b""})


class TooLargeError(HTTPException):
    """Somebody sends more than we take. Such an exception, as FastAPI takes any other for a form that is broken."""

    def __init__(self) -> None:
        super().__init__(413)
