"""`$filter` as a condition in SQL: the grammar is odata-query's; columns, functions and types are what we allow."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from leadkit.problems import Malformed
from odata_query import ast
from odata_query.exceptions import ODataException, UnsupportedFunctionException
from odata_query.grammar import ODataLexer, ODataParser
from odata_query.sqlalchemy.core import AstToSqlAlchemyCoreVisitor
from sqlalchemy import ColumnElement, DateTime, Subquery, literal


class _Columns(AstToSqlAlchemyCoreVisitor):
    """Ids and times are compared as such, and no pattern of a stranger is run."""

    def visit_GUID(self, node: ast.GUID) -> Any:  # noqa: N802
        return literal(UUID(node.val))

    def visit_DateTime(self, node: ast.DateTime) -> Any:  # noqa: N802
        moment = datetime.fromisoformat(node.val)
        return literal(moment if moment.tzinfo else moment.replace(tzinfo=UTC), DateTime(timezone=True))

    def func_matchespattern(self, *_: Any) -> Any:
        raise UnsupportedFunctionException("matchesPattern")


def condition(rows: Subquery, text: str) -> ColumnElement[bool]:
    """The rows that the filter keeps; raises `Malformed` with what is wrong in it."""
    try:
        parsed = ODataParser().parse(ODataLexer().tokenize(text))
        return _Columns(rows).visit(parsed)  # type: ignore[no-any-return, arg-type]
    except ODataException as error:
        raise Malformed(f"$filter cannot be read: {str(error)[:200]}") from error
    except (RuntimeError, TypeError, ValueError, AttributeError) as error:
        raise Malformed("$filter cannot be read, or asks for what is not offered.") from error
