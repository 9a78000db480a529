"""OAuth 2 as a client: new credentials for accounts from the token endpoints that the operator names."""
