"""Which company the running code works for, and the one way to open a transaction.

Inside `company_scope(company_id)` the scoped managers filter by that company; outside they raise. On PostgreSQL the
same identity is handed to the database for row-level security: `aldia.company` is set *locally to a transaction*
(never for the session), so that a pooler in transaction mode is safe. A query outside any transaction is wrapped in one
of its own by `_in_own_transaction`.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import connection
from django.db import transaction as django_transaction

_current: ContextVar[uuid.UUID | None] = ContextVar("aldia_company", default=None)


class NoCompany(RuntimeError):
    """A company's table was queried by code that did not say for which company it works."""


def current_company_id() -> uuid.UUID:
    """Return the company of the scope; raise `NoCompany` outside one."""
    company_id = _current.get()
    if company_id is None:
        raise NoCompany("una consulta de una empresa fuera de company_scope()")
    return company_id


def company_in_scope() -> uuid.UUID | None:
    """Return the company of the scope, or None: for code that serves both a company and the house."""
    return _current.get()


@contextmanager
def company_scope(company_id: uuid.UUID) -> Iterator[None]:
    """Run the block for one company: filters of the managers, and row-level security on PostgreSQL."""
    token = _current.set(company_id)
    previous = token.old_value if isinstance(token.old_value, uuid.UUID) else None
    try:
        with ExitStack() as stack:
            if connection.vendor == "postgresql":
                stack.enter_context(connection.execute_wrapper(_in_own_transaction))
                if connection.in_atomic_block:
                    _announce(company_id)
                    stack.callback(_announce_again, previous)
            yield
    finally:
        _current.reset(token)


@contextmanager
def transaction() -> Iterator[None]:
    """Open the transaction of an operation (or join the one that a larger operation opened)."""
    with django_transaction.atomic():
        announce()
        yield


def _announce(company_id: uuid.UUID | None) -> None:
    """Tell PostgreSQL, for this transaction only, which company's rows may be seen and written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('aldia.company', %s, true)", [str(company_id or "")])


def announce() -> None:
    """Tell PostgreSQL the company in scope for the transaction that the caller has just opened."""
    if connection.vendor == "postgresql":
        _announce(_current.get())


def _announce_again(previous: uuid.UUID | None) -> None:
    if connection.in_atomic_block and not connection.needs_rollback:
        _announce(previous)


def _in_own_transaction(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Give a query outside any transaction one of its own, so that the company can be announced locally."""
    if connection.in_atomic_block:
        return execute(sql, params, many, context)
    with django_transaction.atomic():
        _announce(_current.get())
        return execute(sql, params, many, context)
