"""A GraphQL gateway for connection requests."""
