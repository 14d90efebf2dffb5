"""What a company needs before it can issue: its data, its seal, its PAC; and what of that is about to end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from aldia.integrations import registry
from aldia.issuing.models import IssuerProfile, SealCertificate, StamperAccount
from aldia.issuing.operations.seals import current_seal
from aldia.issuing.operations.stampers import current_account
from aldia.issuing.queries import catalogues
from aldia.web import clock
from aldia.web.access import CompanyRequest
from aldia.web.formatting import day_text

SOON = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Step:
    """A thing to set up. `warning`: done, and yet somebody should look."""

    title: str
    text: str
    url: str
    icon: str
    is_done: bool
    warning: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Readiness:
    steps: tuple[Step, ...]
    issuer: IssuerProfile | None
    seal: SealCertificate | None
    account: StamperAccount | None

    @property
    def is_ready(self) -> bool:
        return all(step.is_done for step in self.steps if not step.optional)

    @property
    def missing(self) -> list[Step]:
        return [step for step in self.steps if not step.is_done and not step.optional]

    @property
    def is_test(self) -> bool:
        """What is stamped now has no fiscal validity."""
        return self.account is not None and self.account.is_test

    @property
    def warnings(self) -> list[str]:
        return [step.warning for step in self.steps if step.warning]


def readiness(request: CompanyRequest) -> Readiness:
    """How far the company is."""
    now = clock.now()
    issuer, seal, account = IssuerProfile.objects.first(), current_seal(now), current_account()
    steps = (_issuer_step(issuer), _seal_step(seal, now), _stamper_step(account), _catalogue_step())
    return Readiness(steps, issuer, seal, account)


def _issuer_step(issuer: IssuerProfile | None) -> Step:
    said = _("Nombre, régimen y código postal, como están en tu constancia.")
    if issuer is not None:
        said = f"{issuer.name} · {issuer.regime} · {issuer.postal_code}"
    return Step(_("Datos fiscales de tu empresa"), said, reverse("issuer_profile"), "building", issuer is not None)


def _seal_step(seal: SealCertificate | None, now: datetime) -> Step:
    text, warning = _("El CSD con el que se sella cada documento: sube .cer, .key y contraseña."), ""
    if seal is not None:
        words: dict[str, Any] = {"number": seal.number, "day": day_text(seal.valid_to.date())}
        text = _("%(number)s, vigente hasta el %(day)s") % words
        if seal.valid_to - now < SOON:
            warning = _("Tu sello digital vence el %(day)s: tramita el nuevo en el SAT y súbelo.") % words
    return Step(_("Sello digital (CSD)"), text, reverse("issuing_seal"), "certificate", seal is not None, warning)


def _stamper_step(account: StamperAccount | None) -> Step:
    text, warning = _("Quien timbra tus documentos ante el SAT. Puedes empezar con el de prueba."), ""
    if account is not None:
        kind = registry.stamper(account.adapter)
        text = _(str(kind.label)) if kind else account.adapter
        if account.is_test:
            warning = _("Timbras con un servicio de prueba: nada de lo que emitas tiene validez fiscal.")
    return Step(_("PAC que timbra"), text, reverse("issuing_stampers"), "plug", account is not None, warning)


def _catalogue_step() -> Step:
    loaded = catalogues.is_loaded(catalogues.PRODUCTS)
    said = _("Con los catálogos completos del SAT buscas entre sus 52 mil claves.")
    ask = _("Por ahora hay unas cuantas claves de uso común. Tu administrador los carga con «aldia catalogues load».")
    return Step(
        _("Catálogos del SAT"), said if loaded else ask, reverse("issuing_settings"), "database", loaded, optional=True
    )
