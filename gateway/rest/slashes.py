"""Slashes that a caller doubled by joining a base URL that ends in one with a path that begins with one."""

from collections.abc import Iterable

from gateway.rest.vendor import Vendor


def base_paths(vendors: Iterable[Vendor]) -> tuple[str, ...]:
    """The paths that base URLs of these vendors end in, the longest first."""
    prefixes = {prefix for vendor in vendors for prefix in vendor.prefixes if prefix}
    return tuple(sorted(prefixes, key=lambda each: (-len(each), each)))


def without_doubled_slashes(path: str, bases: Iterable[str]) -> str:
    """The path with one slash at its front, and one behind the base path that it begins with.

    Slashes further on stay: an empty id between two of them must not make another path of it.
    """
    path = f"/{path.lstrip('/')}"
    for base in bases:
        if path.startswith(f"{base}//"):
            return f"{base}/{path[len(base) :].lstrip('/')}"
    return path
