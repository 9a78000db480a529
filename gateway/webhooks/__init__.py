"""Webhooks: the organization's events, sent to its endpoints and tried again until they are taken."""
