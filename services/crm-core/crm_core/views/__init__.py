"""Saved views: a filter, an order and columns under a name, for oneself, one's team or everybody."""
