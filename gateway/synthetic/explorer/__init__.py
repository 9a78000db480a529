"""A busy organization, invented: two years of connection requests, as somebody exploring the graph would want them."""
