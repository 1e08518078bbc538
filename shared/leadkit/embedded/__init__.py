"""A real PostgreSQL from a wheel, for the data folder of one machine and for tests: nobody has to install a server."""

from leadkit.embedded.binaries import EmbeddedError
from leadkit.embedded.cluster import Cluster, throwaway

__all__ = ["Cluster", "EmbeddedError", "throwaway"]
