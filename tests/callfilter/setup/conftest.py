from tests.callfilter.cli.conftest import shop

__all__ = ["shop"]
