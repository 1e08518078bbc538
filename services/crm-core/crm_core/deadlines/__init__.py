"""Deadlines for the first response to a lead, in the working time of whoever has it."""
