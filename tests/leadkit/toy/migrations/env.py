from leadkit.migrations import run_env

from tests.leadkit.toy.service import metadata

run_env(metadata)
