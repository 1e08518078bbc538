"""Inquiries: every time somebody asks, kept as its own row and put on the right lead or deal."""
