"""What is owed to whom for a period, and how good each supplier's leads turned out."""
