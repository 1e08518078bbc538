"""Leads that are given back to their suppliers, with where the evidence lies."""
