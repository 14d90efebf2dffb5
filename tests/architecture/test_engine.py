"""The run itself: it touches nobody's data, and PostgreSQL is met as a role that row-level security binds."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection


def test_data_directory_is_the_runs_own() -> None:
    assert settings.DATA_DIR.is_relative_to(tempfile.gettempdir())
    assert Path(os.environ["ALDIA_DATA"]) == settings.DATA_DIR


@pytest.mark.django_db
def test_engine_is_the_one_that_was_asked_for(request: pytest.FixtureRequest) -> None:
    assert connection.vendor == {"sqlite": "sqlite", "postgres": "postgresql"}[request.config.getoption("engine")]


@pytest.mark.django_db
def test_postgres_role_is_bound_by_row_level_security() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles (run with --engine=postgres)")
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == (False, False)
