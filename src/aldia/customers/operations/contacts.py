"""People at a customer: one of them is the primary, as long as there is anyone."""

from __future__ import annotations

import re
import uuid
from dataclasses import asdict, dataclass

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.translation import gettext as _

from aldia.customers.models import Contact, ContactRole, Customer
from aldia.customers.operations.intake import clip
from aldia.customers.operations.versions import NotThere, Refused, change, take
from aldia.tenancy import audit
from aldia.tenancy.models import User
from aldia.tenancy.scope import current_company_id, transaction

MAX_CONTACTS = 50
_PHONE = re.compile(r"\+?[0-9][0-9 ().\-]{5,28}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Person:
    """What is kept of a contact; `no_*` are the channels they opted out of."""

    name: str = ""
    role: str = ContactRole.COLLECTIONS
    email: str = ""
    phone: str = ""
    whatsapp: str = ""
    no_email: bool = False
    no_sms: bool = False
    no_whatsapp: bool = False


def add_contact(*, customer_id: uuid.UUID, person: Person, primary: bool = False, actor: User | None) -> Contact:
    """Add a person; the first is the primary. Raises `Refused` (with its field), `NotThere`."""
    person = checked(person)
    with transaction():
        others = _contacts_locked(customer_id)
        if len(others) >= MAX_CONTACTS:
            raise Refused(_("Este cliente ya tiene 50 contactos."))
        primary = primary or not others
        if primary:
            _demote(others)
        contact = Contact.objects.create(
            company_id=current_company_id(), customer_id=customer_id, is_primary=primary, **asdict(person)
        )
        _audit(actor, "customers.contact_added", contact, {"contact": _described(contact)})
    return contact


def update_contact(
    *, contact_id: uuid.UUID, version: int, person: Person, primary: bool, actor: User | None
) -> Contact:
    """Save an edited contact. The primary stops being it only when another becomes it. Raises `Stale` too."""
    person = checked(person)
    with transaction():
        others = _contacts_locked(_customer_of(contact_id))
        contact = take(Contact, contact_id, version)
        if primary and not contact.is_primary:
            _demote(others)
        changes = change(contact, asdict(person) | {"is_primary": primary or contact.is_primary})
        if changes:
            _audit(actor, "customers.contact_edited", contact, {"contact": _described(contact), "changes": changes})
    return contact


def remove_contact(*, contact_id: uuid.UUID, actor: User | None) -> Contact:
    """Remove a person; if it was the primary, the oldest of the others becomes it. Returns what was removed."""
    with transaction():
        others = _contacts_locked(_customer_of(contact_id))
        contact = next(each for each in others if each.pk == contact_id)
        Contact.objects.filter(pk=contact_id).delete()
        heir = next((each for each in others if each.pk != contact_id), None)
        if contact.is_primary and heir is not None:
            change(heir, {"is_primary": True})
        _audit(actor, "customers.contact_removed", contact, {"contact": _described(contact)})
    return contact


def checked(person: Person) -> Person:
    """The person as kept: at least one way to reach them. Raises `Refused` with the field at fault."""
    email = checked_email(person.email)
    phone, whatsapp = _checked_phone(person.phone, "phone"), _checked_phone(person.whatsapp, "whatsapp")
    if not (email or phone or whatsapp):
        raise Refused(_("Escribe un correo, un teléfono o un WhatsApp."), "email")
    if person.role not in ContactRole.values:
        raise Refused(_("Elige el papel del contacto."), "role")
    name = clip(person.name, 200)
    return Person(name, person.role, email, phone, whatsapp, person.no_email, person.no_sms, person.no_whatsapp)


def checked_email(text: str) -> str:
    """One address, lower case, or "". Raises `Refused`."""
    email = text.strip().lower()
    if not email:
        return ""
    try:
        EmailValidator()(email)
    except ValidationError as error:
        raise Refused(_("«%(email)s» no es un correo válido.") % {"email": clip(text, 60)}, "email") from error
    if len(email) > 254:
        raise Refused(_("El correo es demasiado largo."), "email")
    return email


def _checked_phone(text: str, field: str) -> str:
    phone = clip(text, 60)
    if phone and not _PHONE.fullmatch(phone):
        raise Refused(_("Escribe el número con dígitos, por ejemplo +52 81 1234 5678."), field)
    return phone


def _customer_of(contact_id: uuid.UUID) -> uuid.UUID:
    found = Contact.objects.filter(pk=contact_id).values_list("customer_id", flat=True).first()
    if found is None:
        raise NotThere
    return found


def _contacts_locked(customer_id: uuid.UUID) -> list[Contact]:
    """Contacts of a customer, oldest first, with the customer locked: only one at a time chooses the primary."""
    if Customer.objects.select_for_update().filter(pk=customer_id).first() is None:
        raise NotThere
    return list(Contact.objects.filter(customer_id=customer_id).order_by("id"))


def _demote(contacts: list[Contact]) -> None:
    for contact in contacts:
        if contact.is_primary:
            change(contact, {"is_primary": False})


def _described(contact: Contact) -> str:
    return " · ".join(part for part in (contact.name, contact.email, contact.phone or contact.whatsapp) if part)


def _audit(actor: User | None, verb: str, contact: Contact, detail: dict[str, object]) -> None:
    audit.record(actor=actor, verb=verb, object_type="customer", object_id=contact.customer_id, detail=detail)
