"""How much a user has to do, and how much more they may get."""
