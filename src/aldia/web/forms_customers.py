"""Forms of customers: they read what was typed; what may be is decided by the operations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from aldia.customers.models import Contact, ContactRole, CreditLine, Customer, Portfolio
from aldia.customers.operations.contacts import Person
from aldia.customers.operations.credit_lines import Terms
from aldia.customers.operations.customers import MAX_TERM, Details
from aldia.domain.money import MoneyError, minor_text, parse_money
from aldia.tenancy.models import User
from aldia.tenancy.sentences import spoken
from aldia.web.forms import currency_choices

LANGUAGES = [("es", _("Español")), ("en", _("Inglés"))]


class VersionedForm(forms.Form):
    """Carries the version of the row that it was drawn from."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**31 - 1, initial=1)


class TermField(forms.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, min_value=0, max_value=MAX_TERM, **kwargs)


class CustomerForm(VersionedForm):
    legal_name = forms.CharField(
        label=_("Razón social"), max_length=300, help_text=_("Como está en su constancia fiscal.")
    )
    trade_name = forms.CharField(
        label=_("Nombre comercial"), max_length=300, required=False, help_text=_("Como lo conocen ustedes.")
    )
    term_days = TermField(
        label=_("Días de crédito"), help_text=_("Vacío: el plazo general de la empresa. Vale para facturas nuevas.")
    )
    portfolio = forms.ModelChoiceField(
        label=_("Cartera"), queryset=Portfolio.all_companies.none(), required=False, empty_label=_("Sin cartera")
    )
    language = forms.ChoiceField(label=_("Idioma"), choices=LANGUAGES, help_text=_("En el que se le escribe."))
    notes = forms.CharField(
        label=_("Notas"), required=False, widget=forms.Textarea(attrs={"rows": 4}), max_length=10_000,
        help_text=_("Solo las ve tu equipo."),
    )  # fmt: skip

    def __init__(self, *args: Any, portfolios: Any, may_move: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["portfolio"]
        choice.queryset = portfolios  # type: ignore[attr-defined]
        choice.disabled = not may_move

    def details(self) -> Details:
        data = self.cleaned_data
        return Details(
            legal_name=data["legal_name"],
            trade_name=data["trade_name"],
            term_days=data["term_days"],
            portfolio_id=data["portfolio"].pk if data["portfolio"] else None,
            language=data["language"],
            notes=data["notes"],
        )

    @staticmethod
    def initial_of(customer: Customer) -> dict[str, Any]:
        names = ("version", "legal_name", "trade_name", "term_days", "portfolio", "language", "notes")
        return {name: getattr(customer, name) for name in names}


class NewCustomerForm(CustomerForm):
    tax_id = forms.CharField(label=_("RFC o identificador fiscal"), max_length=40)
    foreign_id = forms.CharField(
        label=_("Identificador en su país"), max_length=60, required=False,
        help_text=_("Solo para clientes extranjeros (XEXX010101000)."),
    )  # fmt: skip


class ContactForm(VersionedForm):
    name = forms.CharField(label=_("Nombre"), max_length=200, required=False)
    role = forms.ChoiceField(label=_("Papel"), choices=ContactRole.choices)
    email = forms.CharField(
        label=_("Correo"), max_length=254, required=False, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    phone = forms.CharField(
        label=_("Teléfono"), max_length=30, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    whatsapp = forms.CharField(
        label=_("WhatsApp"), max_length=30, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    is_primary = forms.BooleanField(
        label=_("Contacto principal"), required=False, help_text=_("Recibe los avisos de cobro.")
    )
    no_email = forms.BooleanField(label=_("No quiere correos"), required=False)
    no_sms = forms.BooleanField(label=_("No quiere SMS"), required=False)
    no_whatsapp = forms.BooleanField(label=_("No quiere WhatsApp"), required=False)

    PERSON = ("name", "role", "email", "phone", "whatsapp", "no_email", "no_sms", "no_whatsapp")

    def person(self) -> Person:
        return Person(**{name: self.cleaned_data[name] for name in self.PERSON})

    @classmethod
    def initial_of(cls, contact: Contact) -> dict[str, Any]:
        return {name: getattr(contact, name) for name in (*cls.PERSON, "is_primary", "version")}


class CreditLineForm(VersionedForm):
    name = forms.CharField(label=_("Nombre"), max_length=100, initial=_("General"))
    limit = forms.CharField(
        label=_("Límite"), max_length=40, widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num"})
    )
    currency = forms.ChoiceField(label=_("Moneda"), choices=currency_choices)
    term_days = TermField(label=_("Días de crédito"), help_text=_("Vacío: los del cliente."))
    is_default = forms.BooleanField(
        label=_("Línea por omisión"), required=False, help_text=_("A ella va lo que no nombra otra.")
    )

    def __init__(self, *args: Any, decimal: str = ".", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.decimal = decimal

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("limit") and data.get("currency"):
            try:
                data["limit_minor"] = parse_money(data["limit"], data["currency"], decimal=self.decimal).minor
            except MoneyError as error:
                self.add_error("limit", spoken(error))
        return data

    def terms(self) -> Terms:
        data = self.cleaned_data
        return Terms(data["name"], data["currency"], data["limit_minor"], data["term_days"])

    @staticmethod
    def initial_of(line: CreditLine) -> dict[str, Any]:
        names = ("name", "currency", "term_days", "is_default", "version")
        return {name: getattr(line, name) for name in names} | {"limit": minor_text(line.limit_minor, line.currency)}


class PortfolioForm(VersionedForm):
    name = forms.CharField(label=_("Nombre"), max_length=100)
    collector = forms.ChoiceField(
        label=_("Ejecutivo"), required=False,
        help_text=_("Quien la cobra. Si solo ve sus carteras, verá a estos clientes y a nadie más."),
    )  # fmt: skip

    def __init__(self, *args: Any, collectors: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(user.pk), str(user)) for user in collectors]
        self.fields["collector"].choices = [("", _("Nadie")), *people]  # type: ignore[attr-defined]


class CustomerFileForm(forms.Form):
    file = forms.FileField(label=_("Archivo"), max_length=300)
    label = forms.CharField(
        label=_("Nombre"), max_length=200, required=False, help_text=_("Por ejemplo «Contrato 2026».")
    )


class SheetForm(forms.Form):
    file = forms.FileField(label=_("Hoja"), max_length=300)
    create = forms.BooleanField(
        label=_("Crear los clientes y carteras que falten"), required=False,
        help_text=_("Sin marcar, un RFC que no conocemos es un error."),
    )  # fmt: skip
