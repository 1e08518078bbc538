"""The timeline: everything that happened to a lead, contact or deal, in one ordered list."""
