"""Distributed traces: what an observer is told of a request, as spans of OpenTelemetry; an extra of the package."""
