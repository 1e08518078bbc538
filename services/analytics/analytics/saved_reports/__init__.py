"""Saved reports: questions kept under a name, asked again by anyone they are shared with, and sent out on time."""
