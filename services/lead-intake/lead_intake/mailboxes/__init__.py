"""Mailboxes that are read by IMAP: each by one worker at a time, no message twice and none left out."""
