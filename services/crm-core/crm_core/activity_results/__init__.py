"""What may come of a call, e-mail, meeting or task: the results of each kind, as data."""
