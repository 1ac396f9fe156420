"""The numbering plans that we keep ourselves; the phone-number library knows all other countries."""

from filters.plan import Plan
from filters.plans.cn import CN

PLANS: dict[str, Plan] = {CN.country: CN}
"""By ISO 3166 code."""
