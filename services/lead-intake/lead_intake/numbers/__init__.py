"""Called numbers: what a workspace's telephone lines say of where a caller comes from."""
