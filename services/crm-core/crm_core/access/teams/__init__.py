"""Teams: groups of users who share the leads that nobody has taken yet."""
