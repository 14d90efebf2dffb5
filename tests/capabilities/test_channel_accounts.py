"""Accounts of channels: which way out a message takes, what is kept secret, and who may change it."""

from __future__ import annotations

from typing import Any

import pytest

from aldia.customers.operations.versions import NotThere, Refused, Stale
from aldia.domain.ports.channels import Outgoing
from aldia.integrations.channels.mailbox import Mailbox
from aldia.integrations.channels.smtp import Smtp
from aldia.messaging import accounts
from aldia.messaging.models import ChannelAccount
from aldia.messaging.operations import accounts as operations
from aldia.messaging.operations import trying
from aldia.messaging.operations.accounts import Details
from aldia.tenancy.models import AuditEvent, Company, Secret, User
from aldia.tenancy.scope import company_scope
from tests.cast import make_company, make_user
from tests.integrations.channels.peers import Mailer, smtp_peer

pytestmark = pytest.mark.django_db
CANARY = "Canario-7Q-clave"


@pytest.fixture
def company() -> Company:
    found = make_company()
    Company.objects.filter(pk=found.pk).update(sender_name="Tres Ríos", sender_email="hola@tresrios.mx")
    return found


@pytest.fixture
def owner(company: Company) -> User:
    return make_user("ana@ejemplo.mx", company)


def details(**changes: Any) -> Details:
    settings = {"host": "smtp.ejemplo.mx", "security": "starttls", "port": "587", "user": "cobranza@ejemplo.mx"}
    values: dict[str, Any] = {
        "name": "Correo",
        "settings": settings | changes.pop("settings", {}),
        "secrets": {"password": CANARY},
        "sender_address": "cobranza@ejemplo.mx",
        "reply_to": "ana@ejemplo.mx",
    }
    return Details(**{**values, **changes})


def created(owner: User | None, channel: str = "email", adapter: str = "smtp", **changes: Any) -> ChannelAccount:
    return operations.create_account(channel=channel, adapter=adapter, details=details(**changes), actor=owner)


def test_without_an_account_mail_stays_in_the_mailbox(company: Company) -> None:
    with company_scope(company.pk):
        assert isinstance(accounts.adapter_of(None, "email"), Mailbox)
        assert accounts.is_mailbox(None, "email")
        assert accounts.has_channel("email")
        assert accounts.has_channel("letter")
        for channel in ("sms", "whatsapp"):
            assert not accounts.has_channel(channel)
            with pytest.raises(accounts.NoChannel) as refusal:
                accounts.adapter_of(None, channel)
            assert refusal.value.code == "no_channel"


def test_the_house_sends_where_it_can(company: Company, settings: Any) -> None:
    """With ALDIA_EMAIL_URL the mail of a company without account leaves from the house, answered to the company."""
    mailer = Mailer()
    with smtp_peer(mailer) as port:
        settings.EMAIL_BACKEND = accounts.SMTP_BACKEND
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.DEFAULT_FROM_EMAIL = "Aldía <avisos@casa.mx>"
        with company_scope(company.pk):
            assert not accounts.is_mailbox(None, "email")
            sender = accounts.sender_of(None)
            message = Outgoing(
                "1", "pagos@cliente.mx", "", sender.address, sender.name, sender.reply_to, "Hola", "Hola"
            )
            accounts.adapter_of(None, "email").send(message)
    mail = mailer.taken[0][2]
    assert str(mail["From"]) == "Tres Ríos <avisos@casa.mx>"
    assert str(mail["Reply-To"]) == "hola@tresrios.mx"


def test_an_account_of_ones_own(company: Company, owner: User) -> None:
    with company_scope(company.pk):
        account = created(owner)
        adapter = accounts.adapter_of(accounts.default_account("email"), "email")
        assert isinstance(adapter, Smtp)
        assert (adapter.host, adapter.port, adapter.user) == ("smtp.ejemplo.mx", 587, "cobranza@ejemplo.mx")
        assert account.is_default
        assert account.hook_token == "", "nobody calls us back from a mail server"
        sender = accounts.sender_of(account)
        assert (sender.name, sender.address, sender.reply_to) == ("Tres Ríos", "cobranza@ejemplo.mx", "ana@ejemplo.mx")


def test_secrets_are_in_no_row_but_their_own(company: Company, owner: User) -> None:
    with company_scope(company.pk):
        account = created(owner)
        operations.update_account(
            account_id=account.pk, version=1, details=details(secrets={"password": CANARY + "2"}), actor=owner
        )
        rows = [*ChannelAccount.objects.values(), *AuditEvent.objects.values(), *Secret.objects.values()]
        assert CANARY not in repr(rows)
        assert CANARY.encode() not in b"".join(bytes(each.ciphertext) for each in Secret.objects.all())
        assert Secret.objects.count() == 1
        event = AuditEvent.objects.get(verb="messaging.account_changed")
        assert event.detail == {"changes": {}, "secrets_replaced": ["password"]}
        assert CANARY not in repr(details())
        assert CANARY not in repr(vars(accounts.adapter_of(account, "email")).keys())


def test_an_empty_secret_leaves_the_one_that_is_kept(company: Company, owner: User) -> None:
    with company_scope(company.pk):
        account = created(owner)
        changed = operations.update_account(
            account_id=account.pk,
            version=1,
            details=details(secrets={}, settings={"host": "otro.ejemplo.mx"}),
            actor=owner,
        )
        assert accounts.revealed(changed) == {"password": CANARY}
        assert changed.settings["host"] == "otro.ejemplo.mx"
        assert changed.version == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"settings": {"host": ""}}, "host"),
        ({"settings": {"host": "x" * 301}}, "host"),
        ({"settings": {"host": "smtp.mx\r\nX: 1"}}, "host"),
        ({"settings": {"port": "22"}}, "port"),
        ({"settings": {"security": "quizá"}}, "security"),
        ({"settings": {"security": "none"}}, "security"),
        ({"secrets": {"password": "x\ny"}}, "password"),
        ({"sender_address": "nadie"}, "sender_address"),
        ({"reply_to": "a@b.mx, c@d.mx"}, "reply_to"),
    ],
)
def test_what_cannot_be_is_refused_with_its_field(
    company: Company, owner: User, changes: dict[str, Any], field: str
) -> None:
    with company_scope(company.pk):
        with pytest.raises(Refused) as refusal:
            created(owner, **changes)
        assert refusal.value.field == field
        assert (ChannelAccount.objects.count(), Secret.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("channel", "adapter"),
    [("sms", "smtp"), ("email", "twilio"), ("letter", "mailbox"), ("email", "x"), ("fax", "smtp")],
)
def test_a_provider_serves_its_channel_only(company: Company, channel: str, adapter: str) -> None:
    with company_scope(company.pk), pytest.raises(Refused):
        created(None, channel, adapter)


def test_what_is_not_declared_is_not_kept(company: Company) -> None:
    """No address of a server of one's own slips in beside the fields of a provider."""
    more = {"api_url": "http://169.254.169.254/", "private_networks": "0.0.0.0/0", "callback_url": "http://x/"}
    with company_scope(company.pk):
        account = created(None, adapter="postmark", settings=more, secrets={"server_token": CANARY})
        assert set(account.settings) == {"message_stream"}
        ChannelAccount.objects.filter(pk=account.pk).update(settings=more)  # whoever wrote it into the table
        account.refresh_from_db()
        adapter: Any = accounts.adapter_of(account, "email")
        assert adapter.options()["api_url"] == "https://api.postmarkapp.com/"


def test_one_default_per_channel(company: Company, owner: User) -> None:
    with company_scope(company.pk):
        first, second = created(owner), created(owner, name="Otra")
        sms = created(owner, "sms", "mailbox", secrets={})
        assert (first.is_default, second.is_default, sms.is_default) == (True, False, True)
        operations.make_default(account_id=second.pk, version=1, actor=owner)
        assert accounts.default_account("email") == second
        with pytest.raises(Stale):
            operations.make_default(account_id=second.pk, version=1, actor=owner)
        operations.disable_account(account_id=second.pk, version=2, actor=owner)
        assert accounts.default_account("email") == first
        second.refresh_from_db()
        with pytest.raises(accounts.NoChannel):
            accounts.adapter_of(second, "email")
        operations.enable_account(account_id=second.pk, version=second.version, actor=owner)
        assert accounts.default_account("email") == first
        assert ChannelAccount.objects.filter(is_default=True).count() == 2


def test_another_company_has_no_such_account(company: Company) -> None:
    with company_scope(company.pk):
        account = created(None)
    with company_scope(make_company("Otra", "OTR010203AB1").pk):
        for operation in (operations.make_default, operations.disable_account, operations.enable_account):
            with pytest.raises(NotThere):
                operation(account_id=account.pk, version=1, actor=None)
        with pytest.raises(NotThere):
            operations.update_account(account_id=account.pk, version=1, details=details(), actor=None)
        with pytest.raises(NotThere):
            trying.check_account(account_id=account.pk)


def test_a_lost_key_is_said_and_a_new_password_heals(company: Company, settings: Any, tmp_path: Any) -> None:
    with company_scope(company.pk):
        account = created(None)
        settings.DATA_DIR = tmp_path  # another machine, with a key of its own
        with pytest.raises(accounts.NoChannel, match=r"kek\.key"):
            accounts.adapter_of(account, "email")
        assert not trying.check_account(account_id=account.pk).works
        operations.update_account(account_id=account.pk, version=1, details=details(), actor=None)
        account.refresh_from_db()
        assert accounts.revealed(account) == {"password": CANARY}


def test_a_trial_reaches_whoever_asked(company: Company, owner: User, settings: Any) -> None:
    settings.ALDIA_PRIVATE_NETWORKS = ["127.0.0.0/8"]
    mailer = Mailer()
    with smtp_peer(mailer) as port, company_scope(company.pk):
        account = created(owner, settings={"host": "127.0.0.1", "security": "none", "user": ""}, secrets={})
        ChannelAccount.objects.filter(pk=account.pk).update(settings={**account.settings, "port": str(port)})
        assert trying.check_account(account_id=account.pk).works
        tried = trying.send_test(account_id=account.pk, to="ana@ejemplo.mx", actor=owner)
        assert tried.works, tried.text
        settings.ALDIA_PRIVATE_NETWORKS = []
        refused = trying.send_test(account_id=account.pk, to="ana@ejemplo.mx", actor=owner)
        assert not refused.works
        assert "red privada" in refused.text
    assert mailer.taken[0][1] == ["ana@ejemplo.mx"]
    with company_scope(company.pk):
        assert AuditEvent.objects.filter(verb="messaging.account_tested").count() == 2
