"""Imports: files of inquiries from other systems, read in the background, row by row, each row once."""
