"""Contacts of a customer."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from aldia.customers.models import Contact
from aldia.customers.operations import contacts
from aldia.customers.operations.versions import Refused, Stale
from aldia.tenancy import permissions
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_customers import ContactForm
from aldia.web.views.customers.common import customer_or_404, gone_is_404, say_why


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def new(request: CompanyRequest, customer_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    form = ContactForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            primary = form.cleaned_data["is_primary"]
            try:
                contacts.add_contact(customer_id=customer.pk, person=form.person(), primary=primary, actor=request.user)
            except Refused as error:
                status = say_why(form, error)
            else:
                messages.success(request, _("Se agregó el contacto."))
                return redirect("customer_contacts", customer.pk)
    return render(request, "customers/contact.html", {"form": form, "customer": customer}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def edit(request: CompanyRequest, customer_id: UUID, contact_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    contact = get_object_or_404(Contact.objects, customer=customer, pk=contact_id)
    form = ContactForm(request.POST or None, initial=ContactForm.initial_of(contact))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                contacts.update_contact(
                    contact_id=contact_id,
                    version=form.cleaned_data["version"],
                    person=form.person(),
                    primary=form.cleaned_data["is_primary"],
                    actor=request.user,
                )
            except (Refused, Stale) as error:
                status = say_why(form, error)
            else:
                messages.success(request, _("Se guardó el contacto."))
                return redirect("customer_contacts", customer.pk)
    context = {"form": form, "customer": customer, "contact": contact}
    return render(request, "customers/contact.html", context, status=status)


@require_POST
@needs(permissions.EDIT_CUSTOMERS)
@gone_is_404
def remove(request: CompanyRequest, customer_id: UUID, contact_id: UUID) -> HttpResponse:
    customer = customer_or_404(request, customer_id)
    contact = get_object_or_404(Contact.objects, customer=customer, pk=contact_id)
    contacts.remove_contact(contact_id=contact_id, actor=request.user)
    messages.success(request, _("Se quitó a %(name)s de los contactos.") % {"name": contact})
    return redirect("customer_contacts", customer.pk)
