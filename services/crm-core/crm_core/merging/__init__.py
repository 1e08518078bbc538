"""Merging two leads, contacts or companies into one, told before it is done, and taken back exactly."""
