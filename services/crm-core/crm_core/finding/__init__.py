"""Finding: how lists are narrowed, searched and ordered, the same for every entity.

A slice says in its `listing.py` what of it can be asked; lists, saved views, exports and bulk changes read that."""
