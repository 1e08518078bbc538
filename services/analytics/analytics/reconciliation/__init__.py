"""Every inquiry accounted for: what came in against what became of it."""
