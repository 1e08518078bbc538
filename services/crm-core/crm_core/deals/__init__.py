"""Deals: what may be sold to a contact, from the first stage to won or lost."""
