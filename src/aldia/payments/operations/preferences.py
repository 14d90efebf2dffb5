"""How a company asks for money and what its customers may do in their portal, as a person sets it."""

from __future__ import annotations

from collections.abc import Mapping

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from aldia.customers.operations.versions import Refused, Stale, plain
from aldia.payments.models import LinkPolicy, PaymentSettings, PortalSettings
from aldia.payments.operations.passes import MOST_DAYS as MOST_PASS_DAYS
from aldia.payments.operations.passes import own_portal_settings
from aldia.payments.tokens import payment_settings
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import transaction

MOST_LINK_DAYS = 180
MOST_GREETING = 500
MOST_PARTIAL = 10**9
ASKING = (
    "link_days", "policy", "least_partial", "link_in_reminders", "accounts_in_papers", "accounts_for_all",
    "attach_statement", "notice_address",
)  # fmt: skip
PORTAL = ("pass_days", "asks_code", "may_pay", "may_report", "may_dispute", "may_download", "greeting")


class PreferenceError(Refused):
    """A setting cannot be as asked; `field` names it."""


def update_payment_settings(*, changes: Mapping[str, object], actor: User | None) -> PaymentSettings:
    """Change how money is asked for, by name. Raises `PreferenceError` with the field at fault."""
    _known(changes, ASKING)
    payment_settings()
    with transaction():
        row = PaymentSettings.objects.select_for_update().get()
        changed = _set(row, changes)
        _check_asking(row)
        if changed:
            row.save(update_fields=list(changed))
            _record(actor, "payments.settings_changed", row, changed)
    return row


def update_portal_settings(*, version: int, changes: Mapping[str, object], actor: User | None) -> PortalSettings:
    """Change what the portal offers, by name. Raises `PreferenceError` with the field at fault, and `Stale`."""
    _known(changes, PORTAL)
    own_portal_settings()
    with transaction():
        row = PortalSettings.objects.select_for_update().get()
        if row.version != version:
            raise Stale
        changed = _set(row, changes)
        _check_portal(row)
        if changed:
            row.version += 1
            row.save(update_fields=[*changed, "version"])
            _record(actor, "payments.portal_settings_changed", row, changed)
    return row


def _known(changes: Mapping[str, object], names: tuple[str, ...]) -> None:
    if unknown := changes.keys() - set(names):
        raise PreferenceError(_("No se puede cambiar: %(names)s.") % {"names": ", ".join(sorted(unknown))})


def _set(row: PaymentSettings | PortalSettings, changes: Mapping[str, object]) -> dict[str, list[object]]:
    before = {name: getattr(row, name) for name in changes}
    for name, value in changes.items():
        setattr(row, name, value)
    return {name: [plain(before[name]), plain(value)] for name, value in changes.items() if before[name] != value}


def _record(actor: User | None, verb: str, row: PaymentSettings | PortalSettings, changed: object) -> None:
    audit.record(
        actor=actor, verb=verb, object_type=row._meta.model_name or "", object_id=row.pk, detail={"changes": changed}
    )


def _check_asking(row: PaymentSettings) -> None:
    _between(row.link_days, 1, MOST_LINK_DAYS, "link_days")
    _between(row.least_partial, 1, MOST_PARTIAL, "least_partial")
    if row.policy not in (LinkPolicy.FULL, LinkPolicy.PARTIAL):
        raise PreferenceError(_("Elige cuánto puede pagar el cliente."), "policy")
    for address in addresses_of(row.notice_address):
        try:
            validate_email(address)
        except ValidationError as error:
            raise PreferenceError(
                _("«%(address)s» no es un correo.") % {"address": address}, "notice_address"
            ) from error


def _check_portal(row: PortalSettings) -> None:
    _between(row.pass_days, 1, MOST_PASS_DAYS, "pass_days")
    if len(row.greeting) > MOST_GREETING:
        raise PreferenceError(_("El saludo es demasiado largo."), "greeting")


def _between(value: object, least: int, most: int, field: str) -> None:
    if not isinstance(value, int) or not least <= value <= most:
        raise PreferenceError(_("Tiene que ser de %(least)d a %(most)d.") % {"least": least, "most": most}, field)


def addresses_of(text: str) -> list[str]:
    """The addresses of a list by commas."""
    return [part.strip() for part in text.split(",") if part.strip()]
