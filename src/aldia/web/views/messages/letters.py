"""Letters that a person posts: the tracking number, and the acknowledgement of receipt."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from aldia.customers.operations.versions import Refused
from aldia.integrations.typesetting import CannotSet
from aldia.messaging.letter_papers import letter_pdf
from aldia.messaging.models import Channel
from aldia.messaging.operations import letters as operations
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_messages import PostedForm, ReceivedForm
from aldia.web.limits import limited
from aldia.web.views.customers.common import gone_is_404, say_why
from aldia.web.views.messages import record
from aldia.web.views.messages.common import delivery_or_404, message_or_404
from aldia.web.views.papers import paper


@require_safe
@needs(permissions.VIEW)
def printed(request: CompanyRequest, delivery_id: UUID) -> HttpResponse:
    """The letter on paper, to be printed and posted."""
    delivery = delivery_or_404(request, delivery_id)
    if delivery.message.channel != Channel.LETTER:
        raise Http404
    try:
        data = letter_pdf(delivery.message, delivery=delivery)
    except CannotSet as error:
        messages.error(request, str(error))
        return redirect("message", delivery.message_id)
    return paper(data, _("carta-%(day)s.pdf") % {"day": delivery.message.on_day.isoformat()})


@require_POST
@needs(permissions.SEND_MESSAGES)
@gone_is_404
def posted(request: CompanyRequest, delivery_id: UUID) -> HttpResponse:
    """It went to the post: with whom, and its number."""
    delivery = delivery_or_404(request, delivery_id)
    form = PostedForm(request.POST)
    if form.is_valid():
        try:
            operations.register_posting(
                delivery_id=delivery.pk, today=clock.today(request.company), actor=request.user, **form.cleaned_data
            )
        except Refused as error:
            say_why(form, error)
        else:
            messages.success(request, _("La carta está enviada; cuando llegue el acuse, súbelo aquí."))
            return redirect("message", delivery.message_id)
    return _again(request, delivery.message_id, delivery_id, form)


@require_POST
@needs(permissions.SEND_MESSAGES)
@limited("upload", limit=600)
@gone_is_404
def received(request: CompanyRequest, delivery_id: UUID) -> HttpResponse:
    """The acknowledgement came back."""
    delivery = delivery_or_404(request, delivery_id)
    form = ReceivedForm(request.POST, request.FILES)
    if form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            operations.register_acknowledgement(
                delivery_id=delivery.pk, name=upload.name, file=upload, received_on=form.cleaned_data["received_on"],
                today=clock.today(request.company), actor=request.user,
            )  # fmt: skip
        except Refused as error:
            say_why(form, error)
        else:
            messages.success(request, _("Se guardó el acuse de recibo."))
            return redirect("message", delivery.message_id)
    return _again(request, delivery.message_id, delivery_id, form)


def _again(request: CompanyRequest, message_id: UUID, delivery_id: UUID, form: Form) -> HttpResponse:
    return record.page(request, message_or_404(request, message_id), status=422, bound={delivery_id: form})
