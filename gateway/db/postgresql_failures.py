"""What asyncpg raises, in the words of `gateway.db.failures`."""

import asyncpg

from gateway.db.failures import Busy, Refused, Rule, TooSlow, Unreachable

LOST = (
    OSError,  # TimeoutError, too
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)

RULES = {
    asyncpg.UniqueViolationError: Rule.UNIQUE,
    asyncpg.ForeignKeyViolationError: Rule.FOREIGN_KEY,
    asyncpg.CheckViolationError: Rule.CHECK,
    asyncpg.NotNullViolationError: Rule.NOT_NULL,
}
DENIED = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.PostgresSystemError,
)
STRANGE_SESSION = (
    asyncpg.InvalidSQLStatementNameError,
    asyncpg.DuplicatePreparedStatementError,
)
"""What comes of prepared statements where each transaction has another session, and they are prepared in one."""

STOOD_IN_THE_WAY = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
    asyncpg.InvalidCachedStatementError,  # a migration did: it is prepared anew, but not in this transaction
)


def translated(failure: Exception) -> Exception:
    """The failure as `gateway.db.failures` names it; itself where it is a mistake of the program."""
    if rule := RULES.get(type(failure)):
        column = getattr(failure, "column_name", None) if rule is Rule.NOT_NULL else None
        return Refused(rule, str(failure), column, getattr(failure, "table_name", None))
    if isinstance(failure, STOOD_IN_THE_WAY):
        return Busy(str(failure))
    if isinstance(failure, asyncpg.QueryCanceledError):  # by a `statement_timeout`
        return TooSlow(f"The PostgreSQL server gave up: {failure}")
    if isinstance(failure, STRANGE_SESSION):
        return Unreachable(
            "A pooler between us and PostgreSQL loses prepared statements: set GATEWAY_DATABASE_STATEMENT_CACHE=0"
            " (PgBouncer carries them from 1.21 on, unless its max_prepared_statements is 0)."
        )
    if isinstance(failure, DENIED):
        return Unreachable(f"The PostgreSQL server refuses: {failure}")
    if isinstance(failure, LOST) and not isinstance(failure, asyncpg.DataError):
        return Unreachable(f"The PostgreSQL server is gone: {failure}")
    return failure
