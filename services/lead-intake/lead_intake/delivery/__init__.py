"""Handing inquiries to crm-core: in order of arrival, retried for ever, never dropped."""
