"""A busy invented organization: two years of connection requests, for people who explore the graph."""
