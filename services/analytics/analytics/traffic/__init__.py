"""Visits by day and what brought them: the first step of the funnel, told by whoever counts visitors."""
