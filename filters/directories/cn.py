"""Service numbers of mainland China, each group with how it is known (November 2026).

Only numbers that nobody doubts: a wrong line would let a salesman through under a good name. In ranges that call
centres rent, a number that an organisation has given up is taken out, for somebody else may have it by now. 96xxx
numbers are left out, because each province gives them to somebody else.
"""

from filters.directories import cn_finance, cn_home, cn_makers, cn_public, cn_shops, cn_travel

GROUPS = (
    *cn_public.GROUPS,
    *cn_home.GROUPS,
    *cn_finance.GROUPS,
    *cn_shops.GROUPS,
    *cn_travel.GROUPS,
    *cn_makers.GROUPS,
)
