"""Tags: short words on leads, contacts, companies and deals."""
