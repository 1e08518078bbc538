"""What is asked: the catalogue of metrics and dimensions, and the answers read from cells or facts."""
