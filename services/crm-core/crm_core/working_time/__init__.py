"""Working time: when each user is at work, in their own zone, and how much of it lies between two moments."""
