"""How often somebody may try to log in. In memory: a restart forgives, and nothing an attacker does fills the disk.

A try counts as wrong before it is looked at, and is forgotten if it was right: of many at once only the first are free.
"""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

FREE: Final = 5
"""Wrong tries without any wait."""
LONGEST: Final = 15 * 60.0
FORGET: Final = 60 * 60.0
MOST: Final = 10_000
"""Names and addresses that are remembered; beyond it the oldest are forgotten."""


class TooOftenError(Exception):
    """Too many wrong tries; the next one must wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"wait {seconds:.0f} s")
        self.seconds = int(seconds) + 1


class Throttle:
    """Counts wrong tries by name and by address; each beyond the first five doubles the wait."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock` gives seconds from any beginning."""
        self._clock = clock
        self._tries: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait(self, *who: str) -> float:
        """Seconds until one of these may try again; 0 for now."""
        now = self._clock()
        waits = (self._until(count, last) - now for count, last in (self._tries.get(each, (0, now)) for each in who))
        return max(0.0, *waits)

    def tried(self, *who: str) -> None:
        """One more try, wrong until `passed` or `spared`.

        Raises:
            TooOftenError: it comes too early, and must not be looked at.
        """
        if wait := self.wait(*who):
            raise TooOftenError(wait)
        now = self._clock()
        for each in who:
            count, last = self._tries.pop(each, (0, now))
            self._tries[each] = (1 if now - last > FORGET else count + 1, now)
            while len(self._tries) > MOST:
                self._tries.popitem(last=False)

    def passed(self, *who: str) -> None:
        """A try was right: nothing is held against these any more."""
        for each in who:
            self._tries.pop(each, None)

    def spared(self, *who: str) -> None:
        """A try was not looked at, after all."""
        for each in who:
            if found := self._tries.get(each):
                self._tries[each] = (found[0] - 1, found[1])

    @staticmethod
    def _until(count: int, last: float) -> float:
        return last + min(2.0 ** (count - FREE), LONGEST) if count >= FREE else last
