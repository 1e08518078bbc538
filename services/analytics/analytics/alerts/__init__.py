"""Alerts: a source whose cost per lead or conversion left its usual range, found each hour and told in words."""
