"""Workspaces: the tenants, each with its zone, currency, language and policies."""
