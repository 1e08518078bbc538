"""Segments: saved filters that say who belongs to a group, asked anew each time."""
