"""Letters that the pages send at once: invitations."""

from __future__ import annotations

import logging
import smtplib

from django.core.mail import BadHeaderError, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from aldia.tenancy.models import Company, Invitation, Role, User

log = logging.getLogger(__name__)


def send_invitation(*, invitation: Invitation, company: Company, inviter: User, link: str) -> bool:
    """Send the link to the invited address, in the company's language. False when the mail server did not take it."""
    with translation.override(company.locale):
        context = {
            "company": company,
            "inviter": inviter,
            "link": link,
            "role": Role(invitation.role).label,
            "expires_at": invitation.expires_at,
        }
        name = " ".join(str(company).split())
        letter = EmailMultiAlternatives(
            subject=_("%(company)s te invita a Aldía") % {"company": name[:150]},
            body=_invitation_text(name, context),
            to=[invitation.email],
        )
        letter.attach_alternative(render_to_string("people/mail/invitation.html", context), "text/html")
    try:
        letter.send()
    except (OSError, smtplib.SMTPException, BadHeaderError):
        log.warning("invitation not sent", exc_info=True)
        return False
    return True


def _invitation_text(company: str, context: dict[str, object]) -> str:
    """The plain letter: not HTML, so nothing in it is escaped."""
    offer = _("%(inviter)s te invita a trabajar en las cuentas por cobrar de %(company)s como %(role)s.")
    return "\n\n".join(
        (
            offer % {"inviter": context["inviter"], "company": company, "role": context["role"]},
            _("Acepta con este enlace (caduca en 7 días y sirve una vez):"),
            str(context["link"]),
            _("Si no esperabas este correo, no hagas nada."),
        )
    )
