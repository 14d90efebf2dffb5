"""The stage of the stories of reminders, with a mail server of its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from aldia.messaging.accounts import SMTP_BACKEND
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.integrations.channels.peers import Mailer, smtp_peer
from tests.support.stage import Stage


@pytest.fixture
def mailer() -> Mailer:
    return Mailer()


@pytest.fixture
def stage(db: None, settings: Any, mailer: Mailer) -> Iterator[Stage]:
    """A company in Mexico City on Monday 2 March 2026, which sends on bank days from 9:00 to 18:00."""
    with smtp_peer(mailer) as port:
        settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP_BACKEND, "127.0.0.1", port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.DEFAULT_FROM_EMAIL = "Aldía <avisos@aldia.example>"
        company = make_company()
        owner = make_user("marisol@tresrios.example", company)
        with company_scope(company.pk):
            stage = Stage(company, owner, mailer, date(2026, 3, 2))
            stage.settings(transit_days=0, max_per_week=7)
            yield stage
