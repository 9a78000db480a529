"""Invented organizations and their connection requests: for benchmarks, demonstrations and load tests."""
