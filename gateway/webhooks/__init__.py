"""Webhooks: the organization's events are sent to its endpoints, and sent again until they are accepted."""
