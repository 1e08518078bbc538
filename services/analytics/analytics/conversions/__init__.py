"""Conversions given back to ad platforms by the click or the browser that brought them."""
