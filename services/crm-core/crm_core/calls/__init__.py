"""Calls that we made, told by telephony: each goes onto the timeline of whoever was called."""
