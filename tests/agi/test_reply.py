"""From a verdict to channel variables."""

import pytest

from agi.reply import Answer, variables_for
from agi.wire import set_variables
from filters.verdict import Action, Reason, Signal, Verdict


def variables(verdict: Verdict, call_id: str = "c-1") -> dict[str, str]:
    return variables_for(Answer(verdict, call_id))


def test_a_rejected_call_gets_its_signal() -> None:
    assert variables(Verdict(Action.REJECT, Reason.BLOCKED, signal=Signal.UNWANTED)) == {
        "CALLFILTER_ACTION": "reject",
        "CALLFILTER_REASON": "blocked",
        "CALLFILTER_SIGNAL": "607",
        "CALLFILTER_ID": "c-1",
    }


def test_a_filtered_call_gets_its_mailbox() -> None:
    sent = variables(Verdict(Action.VOICEMAIL, Reason.ANONYMOUS, target="100@default"))
    assert (sent["CALLFILTER_ACTION"], sent["CALLFILTER_TARGET"]) == ("voicemail", "100@default")


def test_a_tarpit_has_the_answer_for_those_who_find_it_full() -> None:
    sent = variables_for(Answer(Verdict(Action.TARPIT, Reason.RULE, signal=Signal.BUSY), "X"))
    assert (sent["CALLFILTER_ACTION"], sent["CALLFILTER_SIGNAL"]) == ("tarpit", "486")
    assert "CALLFILTER_TARGET" not in sent


def test_a_diverted_call_gets_its_extension_or_rings() -> None:
    sent = variables(Verdict(Action.DIVERT, Reason.RULE, target="600@internal"))
    assert (sent["CALLFILTER_ACTION"], sent["CALLFILTER_TARGET"]) == ("divert", "600@internal")
    assert variables(Verdict(Action.DIVERT, Reason.RULE, target="*8#@codes"))["CALLFILTER_TARGET"] == "*8#@codes"
    assert variables(Verdict(Action.DIVERT, Reason.RULE))["CALLFILTER_ACTION"] == "allow"


def test_a_screened_call_gets_the_mailbox_for_those_who_fail_where_there_is_one() -> None:
    sent = variables(Verdict(Action.SCREEN, Reason.RULE, target="100@default"))
    assert (sent["CALLFILTER_ACTION"], sent["CALLFILTER_TARGET"]) == ("screen", "100@default")
    without = variables(Verdict(Action.SCREEN, Reason.RULE))
    assert without["CALLFILTER_ACTION"] == "screen"
    assert "CALLFILTER_TARGET" not in without


@pytest.mark.parametrize("target", ["", "100", "@default", "100@", "100@a,b", "1@b\n", "1@${EXTEN}", "1@b@c"])
def test_without_a_mailbox_that_can_be_sent_the_call_rings(target: str) -> None:
    sent = variables(Verdict(Action.VOICEMAIL, Reason.BLOCKED, target=target))
    assert sent == {"CALLFILTER_ACTION": "allow", "CALLFILTER_REASON": "error", "CALLFILTER_ID": "c-1"}


def test_an_allowed_call_carries_its_label() -> None:
    assert variables(Verdict(Action.ALLOW, Reason.DEFAULT, label=" 快递 "))["CALLFILTER_LABEL"] == "快递"


@pytest.mark.parametrize("label", ["a,b", "${SHELL(id)}", "a\nb", 'a"b', "a;b", "\u202egnp", ""])
def test_a_label_that_cannot_be_sent_is_left_out(label: str) -> None:
    sent = variables(Verdict(Action.ALLOW, Reason.DEFAULT, label=label))
    assert "CALLFILTER_LABEL" not in sent
    assert sent["CALLFILTER_ACTION"] == "allow"


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("reason", Reason)
def test_every_action_and_reason_can_be_sent(action: Action, reason: Reason) -> None:
    sent = variables(Verdict(action, reason, signal=Signal.DECLINE, target="1@b", label="x"))
    assert f"CALLFILTER_REASON={reason}".encode() in set_variables(sent)
