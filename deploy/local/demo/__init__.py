"""`make demo`: months of a made-up business, sent through the real doors and worked through the real APIs."""
