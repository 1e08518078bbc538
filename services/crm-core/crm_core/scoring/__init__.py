"""Scoring: points by rules and questions that a workspace sets itself, each lead's with their reasons."""
