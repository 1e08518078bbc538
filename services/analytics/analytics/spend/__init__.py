"""What marketing cost: kept in versions, given to whatever it brought, to the cent."""
