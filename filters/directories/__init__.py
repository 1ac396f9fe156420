"""Directories of service numbers, one for each country that has one. A further country is one more line here."""

from collections.abc import Mapping

from filters.directories import cn
from filters.directories.listing import Group

DIRECTORIES: Mapping[str, tuple[Group, ...]] = {"CN": cn.GROUPS}
"""ISO 3166 code -> its numbers."""
