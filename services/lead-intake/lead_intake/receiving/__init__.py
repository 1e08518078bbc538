"""The door: every wire format comes in here, is verified, and is on disk before it is acknowledged."""
