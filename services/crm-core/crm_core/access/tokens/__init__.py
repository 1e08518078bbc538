"""API tokens: minted here, verified offline by every service through the JWKS, revoked by an event."""
