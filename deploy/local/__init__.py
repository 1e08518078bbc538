"""`make run`: everything on one machine from a fresh clone, with a database of its own."""
