"""When something is over. Times come from calls and rows; nothing in here asks a clock."""

from datetime import UTC, datetime


def is_over(expires_at: datetime | None, at: datetime) -> bool:
    """Whether what holds until `expires_at` (None: for ever) holds no more at the moment `at`."""
    return expires_at is not None and _aware(expires_at) <= _aware(at)


def _aware(moment: datetime) -> datetime:
    """A time without a zone is UTC, so that one such row cannot spoil the decision."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
