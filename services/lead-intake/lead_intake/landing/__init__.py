"""What a visitor's browser gets: the script for landing pages, the hosted form, and the work it has to prove."""
