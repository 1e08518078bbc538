"""Exports: all rows of a filter as CSV or XLSX, written in the background and kept for a day."""
