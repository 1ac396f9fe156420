"""Settings that change under a running service: a call within the next second is judged by them."""

import asyncio
from pathlib import Path

from callfilter.overlay import overlay_path, save
from lab.service import Service, header

ANONYMOUS = header(callerid="unknown", callingpres="35")


async def answer_becomes(service: Service, question: bytes, **wanted: str) -> None:
    """Asks until the answer is so, for a second."""
    async with asyncio.timeout(1):
        while not wanted.items() <= (await service.ask(question)).items():
            await asyncio.sleep(0.02)


async def test_what_the_page_saves_judges_within_a_second(service: Service, tmp_path: Path) -> None:
    blocked = header(callerid="13800138000")
    assert (await service.ask(blocked))["CALLFILTER_ACTION"] == "reject"
    page = overlay_path(tmp_path / "callfilter.db")
    save(page, {"policy": {"protected": ["13800138000"]}})
    await answer_becomes(service, blocked, CALLFILTER_ACTION="allow", CALLFILTER_REASON="protected")
    save(page, {"policy": {"signal": 486}})
    await answer_becomes(service, blocked, CALLFILTER_ACTION="reject", CALLFILTER_SIGNAL="486")
    mailbox = {"02161234567": {"name": "desk", "mailbox": "101@default"}}
    save(page, {"policy": {"anonymous": "voicemail"}, "dids": mailbox})
    await answer_becomes(service, ANONYMOUS, CALLFILTER_ACTION="voicemail", CALLFILTER_TARGET="101@default")
    assert "changed settings are in use" in service.log()


async def test_faulty_settings_are_told_once_and_those_before_go_on(service: Service, tmp_path: Path) -> None:
    page = overlay_path(tmp_path / "callfilter.db")
    save(page, {"policy": {"anonymous": "reject"}})
    await answer_becomes(service, ANONYMOUS, CALLFILTER_ACTION="reject")
    page.write_text('[policy]\nanonymous = "perhaps"')
    await asyncio.sleep(1)
    assert (await service.ask(ANONYMOUS))["CALLFILTER_ACTION"] == "reject"
    assert service.log().count('policy.anonymous is "perhaps", but must be') == 1
    told = await service.callfilter("doctor", "--json", ok=(1,))
    assert "callfilter.settings.toml: policy.anonymous" in told


async def test_what_needs_a_restart_is_told_and_the_rest_is_taken_up(
    service: Service, settings: tuple[Path, int]
) -> None:
    path, _ = settings
    path.write_text(f'ami = "a:b@127.0.0.1:1"\n{path.read_text()}anonymous = "reject"\n')
    await answer_becomes(service, ANONYMOUS, CALLFILTER_ACTION="reject")
    assert "ami changed in the settings: restart callfilter to use it" in service.log()
    told = await service.callfilter("doctor", "--json", ok=(0, 1))
    assert "changed in the settings since its start: ami; restart it to use that" in told
