"""Which store a URL means: a SQLite file, or a PostgreSQL database."""

from gateway.db.failures import InvalidUrl

SQLITE = "sqlite:///"


def is_sqlite(url: str) -> bool:
    """Whether the URL means the embedded store."""
    return url.startswith(SQLITE)


def sqlite_path(url: str) -> str:
    """The file that ``sqlite:///FILE`` means.

    Raises:
        InvalidUrl: it has parameters, or names a store that each connection would have for itself.
    """
    path, _, parameters = url.removeprefix(SQLITE).partition("?")
    if parameters:
        name = parameters.partition("=")[0]
        raise InvalidUrl(f"sqlite:///FILE has no parameters: `{name}` cannot be used.")
    if path in ("", ":memory:"):
        raise InvalidUrl(
            "sqlite:///FILE needs a file: a store in memory would be another for each connection."
        )
    return path


def without_credentials(url: str) -> str:
    """The URL as it may be shown: neither user nor password, nor any parameter, which may be one."""
    if is_sqlite(url):
        return url
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"
