"""Asks a running Asterisk's own matcher about many patterns and numbers at once. Leaves its dialplan as it was."""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence

from lab.pbx import Pbx, PbxError

AT_ONCE = 40
"""Questions in one line of dialplan: lines end at 4,096 characters."""
SECONDS = 30.0


async def ask(pbx: Pbx, questions: Mapping[str, Sequence[str]]) -> dict[str, list[bool]]:
    """For each pattern, alone in a context of its own, whether Asterisk finds it when each of its numbers is dialled.

    Args:
        pbx: A running one.
        questions: Pattern -> numbers; neither may hold commas, semicolons, quotes or braces, which mean something in a
            dialplan, and brackets of a number must be balanced.

    Raises:
        PbxError: Asterisk did not answer.
    """
    pairs = [(index, number) for index, numbers in enumerate(questions.values()) for number in numbers]
    answer = f"MATCHER_{secrets.token_hex(4)}_"  # global variables outlive a reload
    settings = pbx.etc / "extensions.conf"
    before = settings.read_text(encoding="utf-8")
    settings.write_text(f"{before}\n{_dialplan(list(questions), pairs, answer)}", encoding="utf-8")
    try:
        await pbx.cli("dialplan reload")
        await pbx.cli("channel originate Local/ask@patterns application Wait 1")
        said = iter(await _answers(pbx, answer, len(pairs)))
    finally:
        settings.write_text(before, encoding="utf-8")
        await pbx.cli("dialplan reload")
    return {pattern: [next(said) == "1" for _ in numbers] for pattern, numbers in questions.items()}


def _dialplan(patterns: Sequence[str], pairs: Sequence[tuple[int, str]], answer: str) -> str:
    lines = [f"[pattern-{index}]\nexten => {pattern},1,NoOp()\n" for index, pattern in enumerate(patterns)]
    lines.append("[patterns]\nexten => ask,1,NoOp()\n")
    for start in range(0, len(pairs), AT_ONCE):
        asked = "".join(
            f"${{DIALPLAN_EXISTS(pattern-{index},{number},1)}}" for index, number in pairs[start : start + AT_ONCE]
        )
        lines.append(f" same => n,Set(GLOBAL({answer}{start:06})={asked})\n")
    return "".join(lines)


async def _answers(pbx: Pbx, answer: str, count: int) -> str:
    """One digit for each pair, in their order."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        lines = (line.strip().partition("=") for line in (await pbx.cli("dialplan show globals")).splitlines())
        said = "".join(value for _, value in sorted((name, value) for name, _, value in lines if answer in name))
        if len(said) == count:
            return said
        await asyncio.sleep(0.05)
    raise PbxError(f"Asterisk's matcher did not answer within {SECONDS:.0f} s; see {pbx.log_file}.")
