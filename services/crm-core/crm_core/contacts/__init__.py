"""Contacts: established relations, each with any number of phones, e-mails and messengers."""
