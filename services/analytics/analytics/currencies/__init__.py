"""Exchange rates by day, told from outside: what they convert follows at once when one changes."""
