"""Projections: events become facts, facts become cells, and both stay equal whatever the order of events."""
