"""The dashboard: one page that shows where the funnel leaks and what leads cost, drawn on the server."""
