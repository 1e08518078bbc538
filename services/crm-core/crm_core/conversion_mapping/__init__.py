"""What of a lead becomes what of a contact, company and deal when it is converted, as data."""
