"""Offline conversions for ad platforms that recognise people by hashes of their contacts."""
