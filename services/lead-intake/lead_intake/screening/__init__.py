"""Telling spam from people by points."""
