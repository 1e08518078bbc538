"""Products: what the workspace sells, as lines of deals name it."""
