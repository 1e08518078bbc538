"""Simulation: whole periods of past leads given out once more by other rules, on paper, and compared with what was."""
