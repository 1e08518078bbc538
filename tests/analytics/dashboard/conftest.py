"""The shop whose numbers are known by hand, on the dashboard."""

from tests.analytics.metrics.conftest import shop

__all__ = ["shop"]
