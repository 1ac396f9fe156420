"""Service numbers of mainland China, from what their organisations publish (November 2026).

Only numbers that nobody doubts: a wrong line would let a salesman through under a good name. 96xxx numbers are left
out, because each province gives them to somebody else.
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
