"""Redistribution: handing over the open leads of somebody who leaves, or of a filter, by the rules, and back."""
