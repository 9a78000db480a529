"""Metrics: what the processes of a gateway count, added up and shown to Prometheus and its like."""
