"""Outgoing webhooks per Standard Webhooks: a reader of the feed for each, deliveries as rows, and patience."""
