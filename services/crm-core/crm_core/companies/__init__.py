"""Companies: organisations that contacts and deals belong to."""
