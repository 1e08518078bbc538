"""Leads: the history of winning someone, from the first inquiry to conversion or refusal."""
