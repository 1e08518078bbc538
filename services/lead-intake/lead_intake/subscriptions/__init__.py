"""Subscriptions to topics (Amazon SNS) that are confirmed by visiting an address."""
