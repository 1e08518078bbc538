"""Fuzzing led by coverage: bytes that reach new lines of a reader are kept and changed further (`make fuzz`)."""
