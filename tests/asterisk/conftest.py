"""One private Asterisk 22 for all tests in this folder, one 16 for those that need an old one, and SIPp beside them."""

from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from lab import fetch
from lab.pbx import Extra, Pbx
from lab.scripted import ScriptedDaemon
from lab.sipp import CallResult, Phone, place_call

Caller = Callable[..., Coroutine[Any, Any, CallResult]]

DIALPLAN = """
[from-trunk]
; An admin's context with limits of its own.
exten => 7100,1,Set(TIMEOUT(absolute)=60)
 same => n,Set(AGIEXITONHANGUP=mine)
 same => n,Gosub(callfilter,s,1)
 same => n,Set(GLOBAL(SEEN)=${TIMEOUT(absolute)} ${AGIEXITONHANGUP})
 same => n,Goto(shop,ring,1)
; What the caller's verdict left behind.
exten => 7101,1,Gosub(callfilter,s,1)
 same => n,Set(GLOBAL(SEEN)=${CALLFILTER_ACTION} ${CALLFILTER_REASON} ${TIMEOUT(absolute)} ${AGIEXITONHANGUP})
 same => n,Goto(shop,ring,1)
exten => 7102,1,Answer()
 same => n,Gosub(callfilter,s,1)
 same => n,Goto(shop,ring,1)
exten => 7103,1,Set(CALLFILTER_DID=+86 20,${SHELL(true)}张)
 same => n,Gosub(callfilter,s,1)
 same => n,Goto(shop,ring,1)
; The call goes on over another channel driver, and the filter stands behind that.
exten => 7200,1,Dial(IAX2/guest@127.0.0.1:@IAX@/02012345678,5)
 same => n,Goto(seen,1)
exten => 7201,1,Dial(Local/02012345678@from-trunk,5)
 same => n,Goto(seen,1)
exten => seen,1,Set(GLOBAL(SEEN)=${DIALSTATUS} ${HANGUPCAUSE})
 same => n,Hangup(16)
; The filter is entered from a subroutine of the admin's own.
exten => 7104,1,Gosub(own,1)
 same => n,Set(GLOBAL(SEEN)=the admin's own Gosub)
 same => n,Hangup(16)
exten => own,1,Gosub(callfilter,s,1)
 same => n,Set(GLOBAL(SEEN)=the filter's)
 same => n,Hangup(16)
; The carrier says what it vouches for, in a header of its own or beside the caller's address.
exten => 7105,1,Set(CALLFILTER_ATTESTATION=${PJSIP_HEADER(read,P-Attestation-Indicator)})
 same => n,Set(CALLFILTER_DID=${PJSIP_HEADER(read,X-Called)})
 same => n,Gosub(callfilter,s,1)
 same => n,Goto(shop,ring,1)
exten => 7106,1,Set(CALLFILTER_ATTESTATION=${PJSIP_HEADER(read,P-Asserted-Identity)})
 same => n,Gosub(callfilter,s,1)
 same => n,Goto(shop,ring,1)

; Where calls are diverted to: a ring group, a feature code, a number outside.
[targets]
exten => 600,1,Goto(there,1)
exten => *8-1,1,Goto(there,1)
exten => _00X.,1,Goto(there,1)
exten => there,1,Set(GLOBAL(SEEN)=${CALLFILTER_TARGET:0:-8} ${CALLFILTER_ACTION} ${TIMEOUT(absolute)} ${asked}-)
 same => n,Goto(shop,ring,1)
exten => returns,1,Return()
"""


@pytest.fixture(scope="session")
def sipp_command() -> tuple[str, ...]:
    return fetch.sipp()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pbx_22(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pbx]:
    async with Pbx(
        fetch.asterisk("22"), tmp_path_factory.mktemp("pbx-22"), extra=Extra(extensions=DIALPLAN)
    ) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pbx_16(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pbx]:
    async with Pbx(
        fetch.asterisk("16"), tmp_path_factory.mktemp("pbx-16"), extra=Extra(extensions=DIALPLAN)
    ) as running:
        yield running


@pytest.fixture
def version() -> str:
    """Which Asterisk a test talks to; parametrize `version` to use another one."""
    return "22"


@pytest.fixture
def booted(request: pytest.FixtureRequest, version: str) -> Pbx:
    """The running PBX of that version, as the test before left it."""
    running: Pbx = request.getfixturevalue(f"pbx_{version}")
    return running


@pytest_asyncio.fixture(loop_scope="session")
async def pbx(booted: Pbx) -> Pbx:
    """A PBX that asks a daemon which isn't there."""
    await booted.set_global("CALLFILTER_FALLBACK", "")
    await booted.set_global("SEEN", "")
    await booted.use_daemon(f"127.0.0.1:{booted.ports.fastagi}")
    return booted


@pytest_asyncio.fixture(loop_scope="session")
async def daemon(pbx: Pbx) -> AsyncIterator[ScriptedDaemon]:
    """A daemon that answers as a test says, and that `pbx` asks."""
    async with ScriptedDaemon() as running:
        await pbx.use_daemon(running.address)
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def phone(pbx: Pbx, sipp_command: tuple[str, ...]) -> AsyncIterator[Phone]:
    async with Phone(pbx, sipp_command) as running:
        yield running


@pytest.fixture
def call(pbx: Pbx, sipp_command: tuple[str, ...], phone: Phone) -> Caller:
    """Place one SIP call, with a phone at the other end; takes the keywords of `place_call`."""
    return partial(place_call, pbx, sipp_command)
