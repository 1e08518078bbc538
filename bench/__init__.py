"""`make bench`: every promise about speed as a figure of this machine, most of them as a ratio within one run."""
