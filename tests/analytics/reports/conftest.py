"""The shop whose numbers these tests know by hand."""

from tests.analytics.metrics.conftest import shop

__all__ = ["shop"]
