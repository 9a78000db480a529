"""Credentials inside texts: where they are, and how they are masked. It knows nothing of rows, viewers or callers."""

from gateway.masking.json_texts import SPECIFICATIONS, json_holds_mask, mask_json
from gateway.masking.remembering import Remembering
from gateway.masking.texts import MASK, has_credentials, holds_mask, mask_credentials, may_hold

__all__ = [
    "MASK",
    "SPECIFICATIONS",
    "Remembering",
    "has_credentials",
    "holds_mask",
    "json_holds_mask",
    "mask_credentials",
    "mask_json",
    "may_hold",
]
