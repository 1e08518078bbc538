"""Standard reports: questions that every sales team asks, each an entry of a catalogue over the one query engine."""
