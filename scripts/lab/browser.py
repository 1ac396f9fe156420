"""Debian's Chromium, as tests and the benchmark open the page with it."""

from typing import Final

CHROMIUM: Final = "/usr/bin/chromium"
QUIET: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""As root, and without asking for anything outside of this machine."""

EVERY_PAGE: Final = (
    *("/", "/expecting", "/review", "/calls", "/calls?did=02012345678&number=x", "/calls?name=nobody"),
    *("/welcome/check", "/welcome/presets", "/welcome/done", "/doctor/findings"),
    *("/users", "/me", "/tokens", "/audit", "/settings"),
    *("/numbers", "/numbers?tab=allowed", "/numbers/add", "/numbers/import"),
    *("/rules", "/rules/new", "/rules/test?number=95029267", "/rules/presets"),
    *("/rules/hours", "/rules/history", "/rules/history/1", "/rules/text"),
)
"""All that somebody who is logged in can open, but for those that show one thing of many."""
