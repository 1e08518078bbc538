"""For tests: a real PostgreSQL, services running in this process, tokens, and empty tables between tests."""
