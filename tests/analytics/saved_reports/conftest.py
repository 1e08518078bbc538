"""The shop whose numbers are known by hand, and what has its reports sent."""

from tests.analytics.metrics.conftest import own_shop, shop

__all__ = ["own_shop", "shop"]
