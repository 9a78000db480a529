"""What stands in the place of a credential."""

from typing import Final

MASK: Final = "***"
