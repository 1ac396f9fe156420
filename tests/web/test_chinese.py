"""Pages as they are drawn hold no English in Chinese, whatever code, row or sentence of the filter it came from."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

from callfilter.config import Config
from callfilter.policy import read
from callfilter.presets import READY
from callfilter.store import policies
from callfilter.store.database import open_database
from callfilter.store.direct import record_now
from callfilter.store.policies import PolicyVersion
from callfilter.store.record import CallIds, record_of
from callfilter.store.users import Role
from callfilter.web.routes import ROUTERS
from filters.call import Call
from filters.decide import decide
from filters.facts import Facts, History, Surroundings
from filters.number import read_number
from filters.presets import PRESETS
from filters.verdict import Verdict
from tests.web.conftest import Client, Shop

SENTENCE = re.compile(r"\b[A-Za-z']{2,} [a-z]{2,} [a-z]{2,}")
WRITTEN_SO = re.compile(r"<(script|style|code|pre|textarea|kbd|samp|bdi)\b.*?</\1>", re.DOTALL)
"""What is no sentence of ours: code, and what somebody wrote."""
TOLD = re.compile(r"(?:aria-label|title|placeholder|alt)=\"([^\"]*)\"")
LINKED = re.compile(r"(?:href|hx-get)=\"(/[^\"#]*)")
COMMAND = re.compile(r"(?:systemctl|callfilter|asterisk)(?: [a-z-]+)+")
MOST = 150
"""Pages that are looked at."""
CALLERS = ("13800138000", "95588", "95589", "02161234567", "01061234567", "4001234567", "95029267", "", "x", "110")
POLICY = f"""\
presets = [{", ".join(f'"{one.rule.name}"' for one in PRESETS)}]
{"".join(f"[suspicion.{name}]{chr(10)}" for name in READY if name not in {one.rule.name for one in PRESETS})}
[windows.open]
days = "mon-fri"
hours = "09:00-18:30"
[[rule]]
name = "closed"
who = "everyone"
unless = {{ window = "open", region = "own" }}
mode = "observe"
action = "voicemail"
[[rule]]
name = "all-mobiles"
when = {{ class = "mobile" }}
action = "reject"
[[rule]]
name = "hidden"
when = {{ class = "mobile", prefix = "138*" }}
action = "allow"
"""


def english(html: str) -> list[str]:
    """What is left in English of a page."""
    plain = WRITTEN_SO.sub("", html)
    shown = [*TOLD.findall(plain), *re.split(r"<[^>]*>", plain)]
    return [text.strip() for text in map(unescape, shown) if SENTENCE.search(COMMAND.sub("", text))]


async def filled(shop: Shop) -> None:
    """Every preset and step on, rules that the linter has something to say of, and a call of each kind."""
    config = Config(database=shop.database, area="021")
    now = datetime.now(UTC)
    async with await open_database(shop.database) as database:
        await policies.add(database, PolicyVersion(1, now, "admin", "presets on: all", POLICY))
    judging = read(POLICY, config).policy(config)
    ids = CallIds(process=0)
    for minutes, caller in enumerate(CALLERS):
        call = Call(caller, now - timedelta(minutes=minutes), did="02160001000", trunk="trunk")
        number = read_number(caller, area="021")
        known = Facts(history=History(), surroundings=Surroundings())
        verdict: Verdict = decide(call, number, known, judging)
        record = record_of(call, number, verdict, ids.next(call.at), "fastagi", policy_version=1)
        record_now(shop.database, record)


async def every_page(client: Client) -> dict[str, str]:
    """Path and HTML of all pages that one comes to by links."""
    routes = (route for router in ROUTERS for route in router.routes if "GET" in getattr(route, "methods", ()))
    waiting = [path for path in (getattr(route, "path", "") for route in routes) if "{" not in path]
    found: dict[str, str] = {}
    while waiting and len(found) < MOST:
        path = unescape(waiting.pop(0))
        if (
            path in found
            or path.startswith(("/api", "/static", "/events"))
            or path.endswith((".csv", ".xlsx", "events"))
        ):
            continue
        async with client.stream("GET", path, headers={"accept-language": "zh-CN"}) as answer:
            if "text/html" not in answer.headers.get("content-type", ""):
                continue
            assert not answer.is_server_error, path
            found[path] = (await answer.aread()).decode()
        waiting += LINKED.findall(found[path])
    return found


async def test_no_page_in_chinese_holds_english(shop: Shop) -> None:
    await filled(shop)
    async with shop.client(Role.ADMIN) as client:
        pages = await every_page(client)
    assert len(pages) >= 10
    assert not {path: left for path, html in pages.items() if (left := english(html))}
