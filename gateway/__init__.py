"""A GraphQL gateway for connection requests."""

__version__ = "0.2.0"
