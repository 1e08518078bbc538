"""Pipelines: the ordered stages that deals go through, with a probability each."""
