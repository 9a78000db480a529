"""SQL functions of text: its beginning, its form without case, by one rule for both databases, and where it stands."""

from typing import Any

from sqlalchemy import Integer, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from gateway.db.types import OrderedText


class leading(FunctionElement[str]):  # noqa: N801  # a SQL function
    """The first ``length`` characters of a text, ordered by code point; an index of them is found by the same call."""

    inherit_cache = False
    type = OrderedText()

    def __init__(self, text: Any, length: int) -> None:
        super().__init__(text)
        self.length = length


@compiles(leading, "sqlite")
def _leading_sqlite(element: leading, compiler: Any, **kw: Any) -> str:
    return f"substr({compiler.process(element.clauses, **kw)}, 1, {element.length})"


@compiles(leading, "postgresql")
def _leading_postgresql(element: leading, compiler: Any, **kw: Any) -> str:
    return f'substr({compiler.process(element.clauses, **kw)}, 1, {element.length}) COLLATE "C"'


class fold(FunctionElement[str]):  # noqa: N801  # a SQL function
    """Text by Unicode's simple lower-case mapping, the one case rule of both databases."""

    inherit_cache = False
    type = Text()


@compiles(fold, "sqlite")
def _fold_sqlite(element: fold, compiler: Any, **kw: Any) -> str:
    return f"fold({compiler.process(element.clauses, **kw)})"


@compiles(fold, "postgresql")
def _fold_postgresql(element: fold, compiler: Any, **kw: Any) -> str:
    return f'lower({compiler.process(element.clauses, **kw)} COLLATE "{compiler.dialect.fold_collation}")'


class position_of(FunctionElement[int]):  # noqa: N801  # a SQL function
    """``position_of(text, part)``: where ``part`` starts in ``text``, from 1; 0 where it does not occur."""

    inherit_cache = False
    type = Integer()


@compiles(position_of, "sqlite")
def _position_sqlite(element: position_of, compiler: Any, **kw: Any) -> str:
    return f"instr({compiler.process(element.clauses, **kw)})"


@compiles(position_of, "postgresql")
def _position_postgresql(element: position_of, compiler: Any, **kw: Any) -> str:
    return f"strpos({compiler.process(element.clauses, **kw)})"


def fold_text(text: str | None) -> str | None:
    """What SQLite's `fold` does, there registered as a function.

    Per character, the first code point of its lower-case form: that is Unicode's simple mapping, as
    PostgreSQL's `pg_c_utf8` collation applies it.
    """
    if text is None:
        return None
    return text.lower() if text.isascii() else "".join(character.lower()[0] for character in text)
