"""Passwords of people: kept as argon2 hashes, set by the operator, turned into tokens by whoever knows them."""
