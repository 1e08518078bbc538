"""Shapes that cross a service border, as Pydantic models: written by one service, read by another."""
