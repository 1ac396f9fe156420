"""Warnings under a flood."""

import logging

import pytest

from agi.quiet import Warnings


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_flood_is_cut_short_and_counted_a_minute_later(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    warn = Warnings(logging.getLogger("shop"), clock)
    for number in range(100):
        warn("noise", "noise %d", number)
    assert caplog.messages == [f"noise {number}" for number in range(5)]
    caplog.clear()
    clock.now += 60
    warn("noise", "noise again")
    assert caplog.messages == ["95 more warnings like the following were left out", "noise again"]


def test_one_kind_does_not_silence_another(caplog: pytest.LogCaptureFixture) -> None:
    warn = Warnings(logging.getLogger("shop"), Clock())
    for _ in range(100):
        warn("noise", "noise")
    warn("route", "no such route")
    assert caplog.messages[-1] == "no such route"
