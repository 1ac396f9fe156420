"""A page with users, and a real Chromium to look at it."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, ViewportSize, async_playwright
from playwright.async_api import Error as PlaywrightError
from pwdlib import PasswordHash

from callfilter.store import users
from callfilter.store.database import open_database
from callfilter.store.users import Role
from lab.browser import CHROMIUM, QUIET
from lab.page import CODE, PageServer
from lab.pbx import Pbx
from lab.service import Service, free_port
from tests.asterisk.conftest import booted, call, pbx, pbx_22, phone, sipp_command, version

__all__ = ["booted", "call", "pbx", "pbx_22", "phone", "sipp_command", "version"]
"""Fixtures that are the same here: a private Asterisk and SIPp for tests that call a real line."""

log = logging.getLogger(__name__)

PASSWORD = "correct horse battery"
HASHED = PasswordHash.recommended().hash(PASSWORD)
PHONE: ViewportSize = {"width": 360, "height": 740}
LANGUAGES = ("en", "zh-Hans")


@dataclass
class Shop:
    """A running page, its settings and its database."""

    server: PageServer
    settings: Path
    database: Path

    @property
    def url(self) -> str:
        """Where the page is."""
        return self.server.url

    @asynccontextmanager
    async def client(self, role: Role | None = None) -> AsyncIterator["Client"]:
        """A browser without a screen, logged in as that role."""
        async with Client(self.url) as client:
            if role:
                await client.log_in(role.value)
            yield client


class Client(httpx.AsyncClient):
    """Asks the page as a browser does, with its cookies and its token."""

    def __init__(self, url: str) -> None:
        super().__init__(base_url=url, timeout=20)
        self.csrf = ""

    async def log_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """As a user; the users of the fixture are called as their roles."""
        await self.get("/login")
        form = {"name": name, "password": password, "csrf": self.cookies.get("callfilter_form") or self.csrf}
        answer = await self.post("/login", data=form)
        if answer.is_redirect:
            home = await self.get("/")
            self.csrf = home.text.partition('{"X-CSRF-Token": "')[2].partition('"')[0]
        return answer

    async def change(self, path: str, **form: str) -> httpx.Response:
        """A form of the page, sent."""
        return await self.post(path, data={**form, "csrf": self.csrf})


SETTINGS = """\
database = "{folder}/callfilter.db"
country = "CN"
area = "021"
web = "127.0.0.1:{port}"
"""


@pytest_asyncio.fixture
async def empty_shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """A page that nobody has visited yet."""
    port = free_port()
    settings = tmp_path / "callfilter.toml"
    settings.write_text(SETTINGS.format(folder=tmp_path, port=port), encoding="utf-8")
    async with PageServer(settings, port) as server:
        yield Shop(server, settings, tmp_path / "callfilter.db")


@pytest_asyncio.fixture
async def shop(empty_shop: Shop) -> Shop:
    """A page with a user of each role, called as the role."""
    await add_users(empty_shop)
    return empty_shop


async def add_users(shop: Shop) -> None:
    """A user of each role, called as the role."""
    async with await open_database(shop.database) as database:
        for role in Role:
            await users.add(database, name=role.value, role=role, password=HASHED, at=datetime.now(UTC))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def one_chromium() -> AsyncIterator[Browser]:
    """One browser for all tests."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def chromium(one_chromium: Browser, request: pytest.FixtureRequest) -> AsyncIterator[Browser]:
    """The browser. What a test that fails leaves open in it is logged, and closed."""
    yield one_chromium
    for context in one_chromium.contexts:
        for page in context.pages:
            with suppress(PlaywrightError):
                shown = await page.inner_text("body", timeout=1000)
                log.error("%s was at %s, which showed:\n%s", request.node.name, page.url, shown)
        await context.close()


async def opened(
    browser: Browser, shop: Shop, *, role: Role | None = None, language: str = "en", phone: bool = False
) -> Page:
    """A page of the browser, logged in as that role. Close its context when done."""
    context: BrowserContext = await browser.new_context(
        base_url=shop.url, locale="zh-CN" if language == "zh-Hans" else "en-GB", viewport=PHONE if phone else None
    )
    page = await context.new_page()
    if role:
        await page.goto("/login")
        await page.fill("input[name=name]", role.value)
        await page.fill("input[name=password]", PASSWORD)
        await page.click("main button")
        await page.wait_for_url("**/")
    return page


LINE_SETTINGS = """
fastagi = "127.0.0.1:{fastagi}"
ami = "{pbx.ami_user}:{pbx.ami_secret}@127.0.0.1:{pbx.ports.ami}"
voicemail_spool = "{pbx.spool}/voicemail"

[policy]
mailbox = "100@default"

[dids."02012345678"]
name = "Noodle bar"
mailbox = "101@default"
"""


@dataclass
class Line(Shop):
    """A running service with its page, asked by a real Asterisk; place calls with the fixture `call`."""

    service: Service


@pytest_asyncio.fixture(loop_scope="session")
async def line(pbx: Pbx, tmp_path: Path) -> AsyncIterator[Line]:
    """The service as a shop runs it, page and all, with a user of each role."""
    web, fastagi = free_port(), free_port()
    settings = tmp_path / "callfilter.toml"
    text = SETTINGS.format(folder=tmp_path, port=web) + LINE_SETTINGS.format(fastagi=fastagi, pbx=pbx)
    settings.write_text(text, encoding="utf-8")
    environ = {"CALLFILTER_WEB": "", "CALLFILTER_FIRST_CODE": CODE, "CALLFILTER_ASTERISK": str(pbx.console)}
    async with Service(settings, fastagi, environ=environ) as service:
        await pbx.use_daemon(f"127.0.0.1:{fastagi}")
        running = Line(PageServer(settings, web), settings, tmp_path / "callfilter.db", service)
        await running.server.ready()
        await add_users(running)
        yield running
