"""From what a provider read to the canonical inquiry: pure, and the same for the same input."""
