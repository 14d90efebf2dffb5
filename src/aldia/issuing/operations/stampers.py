"""The company's account at a PAC: one in use; what an older one was asked is still asked of that one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings as house
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from aldia.customers.operations.versions import Refused, plain
from aldia.domain.ports.stamping import Stamper, StampFailure
from aldia.integrations import registry
from aldia.issuing.models import Issue, IssueState, StamperAccount
from aldia.messaging.filled import read_filled
from aldia.messaging.rendering import one_line
from aldia.tenancy import audit, keyring, secrets
from aldia.tenancy.models import Company, User
from aldia.tenancy.scope import current_company_id, transaction

SECRETS_OF = "stamper"
HOME = "simulated_pac"  # folder of the simulated PAC, in the data directory
WAITING = (IssueState.QUEUED, IssueState.SEALED, IssueState.UNKNOWN)


class NoStamper(Exception):
    """The company has no account at a PAC that can be used; the sentence says what to do."""


def current_account() -> StamperAccount | None:
    """The account in use, if there is one."""
    return StamperAccount.objects.filter(disabled_at__isnull=True).select_related("secret").first()


def build(account: StamperAccount) -> Stamper:
    """The adapter of an account, in use or not. Raises `NoStamper`."""
    kind = registry.stamper(account.adapter)
    if kind is None:
        raise NoStamper(_("No conocemos el PAC «%(name)s».") % {"name": account.adapter})
    declared = {
        each.name: str(account.settings.get(each.name, each.default)) for each in kind.fields if not each.is_secret
    }
    declared |= {"home": str(house.DATA_DIR / HOME)}
    return kind(declared, _revealed(account), is_test=account.is_test)


def save_account(
    *,
    adapter: str,
    settings: Mapping[str, str],
    secrets: Mapping[str, str],
    is_test: bool,
    actor: User | None,
) -> StamperAccount:
    """Set up the PAC that stamps from now on. An empty secret leaves the one that is kept.

    Another PAC, or its real service instead of the test one, is another account: the old one is put away and still
    answers for what it was asked. Raises `Refused` with the field at fault.
    """
    kind = registry.stamper(adapter)
    if kind is None:
        raise Refused(_("No conocemos ese PAC."), "adapter")
    is_test = is_test or not kind.is_fiscal
    with transaction():
        Company.objects.select_for_update(no_key=True).get(pk=current_company_id())
        account = current_account()
        if account is not None and (account.adapter, account.is_test) != (adapter, is_test):
            _put_away(account, actor)
            account = None
        account = _filled(account, kind, settings, secrets, is_test)
        Issue.objects.filter(state__in=WAITING, trouble_code__in=("no_stamper", "account")).update(
            next_at=Now(), trouble="", trouble_code=""
        )
        detail = {"adapter": adapter, "is_test": is_test, "settings": dict(account.settings)}
        detail["secrets_replaced"] = sorted(name for name, value in secrets.items() if value)
        _audit(actor, "issuing.stamper_saved", account, detail)
    return account


def disable_account(*, actor: User | None) -> None:
    """Put the account in use away: nothing is stamped until there is another."""
    with transaction():
        Company.objects.select_for_update(no_key=True).get(pk=current_company_id())
        if (account := current_account()) is not None:
            _put_away(account, actor)


def try_account(*, actor: User | None) -> tuple[bool, str]:
    """Ask the PAC whether the account works, outside any transaction, stamping nothing; what it said."""
    account = current_account()
    if account is None:
        return False, no_account()
    try:
        works, text = True, build(account).check()
    except StampFailure as failure:
        works, text = False, failure.text
    except NoStamper as error:
        works, text = False, str(error)
    text = one_line(_(text))[:300]
    with transaction():
        _audit(actor, "issuing.stamper_tried", account, {"works": works, "result": text})
    return works, text


def stamper_of(account: StamperAccount | None) -> Stamper:
    """The adapter of an account, or of the one in use. Raises `NoStamper`."""
    found = account or current_account()
    if found is None:
        raise NoStamper(no_account())
    return build(found)


def no_account() -> str:
    """What to say where there is none."""
    return _("Falta la cuenta del PAC que timbra: configúrala en Facturación → PAC.")


def _filled(
    account: StamperAccount | None,
    kind: type[Stamper],
    settings: Mapping[str, str],
    given: Mapping[str, str],
    is_test: bool,
) -> StamperAccount:
    known: Mapping[str, str] = {}
    if account is not None:
        try:
            known = _revealed(account)
        except NoStamper:
            known = {}
    else:
        account = StamperAccount(company_id=current_company_id(), adapter=kind.name, is_test=is_test, version=0)
    account.settings, hidden = read_filled(kind.fields, settings, given, known)
    if hidden:
        account.secret = secrets.keep(kind=SECRETS_OF, values=hidden, replacing=account.secret)
    account.version += 1
    account.save()
    return account


def _put_away(account: StamperAccount, actor: User | None) -> None:
    StamperAccount.objects.filter(pk=account.pk).update(disabled_at=Now(), version=account.version + 1)
    _audit(actor, "issuing.stamper_disabled", account, {"adapter": account.adapter, "is_test": account.is_test})


def _revealed(account: StamperAccount) -> secrets.Revealed:
    if account.secret is None:
        return secrets.Revealed()
    try:
        return secrets.reveal(account.secret)
    except (secrets.CannotOpen, keyring.KeyProblem) as error:
        raise NoStamper(str(error)) from error


def _audit(actor: User | None, verb: str, account: StamperAccount, detail: dict[str, Any]) -> None:
    shown = {name: value if isinstance(value, dict | list) else plain(value) for name, value in detail.items()}
    audit.record(actor=actor, verb=verb, object_type="stamperaccount", object_id=account.pk, detail=shown)
