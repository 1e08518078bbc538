"""Assignment: which manager gets a lead, exact under concurrency, and why."""
