"""Custom fields: what a workspace notes on its leads, contacts, companies and deals beside what everybody does."""
