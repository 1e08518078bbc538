"""Deadlines: what was expected of whom, and what became of it, by manager, team or rule's step."""
