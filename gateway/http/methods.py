"""The methods of HTTP by which something is served."""

from typing import Final

SERVED: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "QUERY")
"""Those that paths have of their own; OPTIONS asks which (RFC 9110, section 9.3.7)."""
