"""Leads, contacts and companies that may be the same: found in the background, told with score and reason, refused for
good."""
