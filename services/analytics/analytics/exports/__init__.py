"""Rows for other programs: CSV, Parquet and Arrow, of answers and of whole sets of facts."""
