"""Configured entry points: what a workspace receives inquiries through."""
