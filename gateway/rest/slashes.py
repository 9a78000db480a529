"""Doubled slashes: callers join a base URL that ends in a slash and a path that begins with one."""

from collections.abc import Iterable

from gateway.rest.vendor import Vendor


def base_paths(vendors: Iterable[Vendor]) -> tuple[str, ...]:
    """The paths in which base URLs of these vendors end, the longest first."""
    prefixes = {prefix for vendor in vendors for prefix in vendor.prefixes if prefix}
    return tuple(sorted(prefixes, key=lambda each: (-len(each), each)))


def without_doubled_slashes(path: str, bases: Iterable[str]) -> str:
    """The path with a single slash at its beginning and after its base path.

    Later slashes stay: an empty id between two of them must not lead to another path.
    """
    path = f"/{path.lstrip('/')}"
    for base in bases:
        if path.startswith(f"{base}//"):
            return f"{base}/{path[len(base) :].lstrip('/')}"
    return path
