"""The company's accounts at banks: added, edited, put away."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from aldia.banking.models import BankAccount, BankMovement
from aldia.banking.operations.importing import lock_account
from aldia.customers.operations.versions import Refused, Stale
from aldia.domain import clabe
from aldia.domain.currencies import CURRENCIES
from aldia.domain.tax_ids import BadClabe, check_clabe
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction
from aldia.tenancy.sentences import spoken

MAX_ACCOUNTS = 200


@dataclass(frozen=True, slots=True)
class Details:
    """What a person says of an account. `number` is the CLABE or the number, as it is written anywhere."""

    name: str
    currency: str
    bank: str = ""
    number: str = ""
    holder: str = ""
    country: str = "MX"


def create_account(*, details: Details, actor: User | None) -> BankAccount:
    """Add an account. Raises `Refused` (with its field)."""
    values = _checked(details)
    with transaction():
        if BankAccount.objects.count() >= MAX_ACCOUNTS:
            raise Refused(_("Ya hay %(n)d cuentas: archiva alguna antes.") % {"n": MAX_ACCOUNTS})
        _refuse_taken(values, None)
        account = BankAccount(company_id=current_company_id(), **values)
        account.save(force_insert=True)
        _audit(actor, "banking.account_created", account, {"name": account.name, "currency": account.currency})
    return account


def update_account(*, account_id: uuid.UUID, version: int, details: Details, actor: User | None) -> BankAccount:
    """Save an edited account. Raises `Refused`, `Stale`, or `ImportRefused` if it is gone.

    The currency stays once there are movements in it.
    """
    values = _checked(details)
    with transaction():
        account = lock_account(account_id)
        if account.version != version:
            raise Stale
        if values["currency"] != account.currency and BankMovement.objects.filter(account=account).exists():
            raise Refused(_("La cuenta ya tiene movimientos: su moneda no cambia. Crea otra cuenta."), "currency")
        _refuse_taken(values, account)
        changed = {name: [getattr(account, name), new] for name, new in values.items() if getattr(account, name) != new}
        for name, new in values.items():
            setattr(account, name, new)
        if changed:
            account.version += 1
            account.save(update_fields=[*changed, "version"])
            _audit(actor, "banking.account_changed", account, {"changes": changed})
    return account


def archive_account(*, account_id: uuid.UUID, actor: User | None, now: datetime) -> BankAccount:
    """Put an account away: it takes no more imports; its movements stay. Raises `ImportRefused` if it is gone."""
    return _put(account_id, actor, now, "banking.account_archived")


def restore_account(*, account_id: uuid.UUID, actor: User | None) -> BankAccount:
    """Take an account back into use. Raises `ImportRefused` if it is gone."""
    return _put(account_id, actor, None, "banking.account_restored")


def _put(account_id: uuid.UUID, actor: User | None, moment: datetime | None, verb: str) -> BankAccount:
    with transaction():
        account = lock_account(account_id)
        if (account.archived_at is None) != (moment is None):
            account.archived_at = moment
            account.version += 1
            account.save(update_fields=["archived_at", "version"])
            _audit(actor, verb, account, {"name": account.name})
    return account


# What a person wrote


def _checked(details: Details) -> dict[str, str]:
    """The columns of what was written. Raises `Refused`."""
    country, number = details.country.strip().upper(), bare_number(details.number)
    values = {
        "name": _line(details.name, 100), "bank": _line(details.bank, 60), "number": number,
        "holder": _line(details.holder, 200), "country": country, "currency": details.currency.strip().upper(),
    }  # fmt: skip
    if not values["name"]:
        raise Refused(_("Ponle un nombre, como «BBVA pagos»."), "name")
    if values["currency"] not in CURRENCIES:
        raise Refused(_("Esa moneda no existe: usa su código, como MXN."), "currency")
    if len(country) != 2 or not country.isalpha():
        raise Refused(_("Ese país no existe: usa su código, como MX."), "country")
    if len(number) > 40:
        raise Refused(_("El número de cuenta tiene a lo más 40 letras y cifras."), "number")
    if country == "MX" and len(number) == 18 and number.isdigit():
        try:
            check_clabe(number)
        except BadClabe as error:
            raise Refused(spoken(error), "number") from error
        values["bank"] = values["bank"] or clabe.bank_of(number)
    return values


def bare_number(text: str) -> str:
    """An account number as it is kept and compared: letters and digits, in capitals."""
    return "".join(char for char in text.upper() if char.isalnum())


def _line(text: str, width: int) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:width]


def _refuse_taken(values: dict[str, str], account: BankAccount | None) -> None:
    others = BankAccount.objects.exclude(pk=account.pk) if account else BankAccount.objects.all()
    if others.filter(name=values["name"]).exists():
        raise Refused(_("Ya hay una cuenta con ese nombre."), "name")
    same = others.filter(number=values["number"], currency=values["currency"]).first() if values["number"] else None
    if same:
        raise Refused(_("Ya está: es la cuenta «%(name)s».") % {"name": same.name}, "number")


def _audit(actor: User | None, verb: str, account: BankAccount, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="bankaccount", object_id=account.pk, detail=detail)
