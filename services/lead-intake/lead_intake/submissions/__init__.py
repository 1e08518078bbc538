"""What was received: raw requests, the inquiries read from them, and what became of each."""
