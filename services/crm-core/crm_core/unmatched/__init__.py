"""Addresses that say nothing about who a person is: the company's own numbers, switchboards, blocked callers."""
