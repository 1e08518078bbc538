"""Activities: calls, e-mails, meetings, tasks and notes on a lead, contact or deal."""
