"""What the pages say of each provider: what it is for, and where its webhook is set up."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from aldia.messaging.models import Channel

CHANNEL_ICONS: dict[str, str] = {
    Channel.EMAIL: "mail",
    Channel.SMS: "message",
    Channel.WHATSAPP: "brand-whatsapp",
    Channel.LETTER: "mail-opened",
}
ABOUT: dict[str, Any] = {
    "smtp": _("El servidor de correo de tu empresa: Google Workspace, Microsoft 365 o el tuyo."),
    "postmark": _("Correo transaccional; avisa de entregas, aperturas y rebotes."),
    "resend": _("Correo transaccional; repetir un envío no lo duplica."),
    "mailgun": _("Correo transaccional, en Estados Unidos o Europa."),
    "brevo": _("Correo transaccional y de campañas."),
    "sendgrid": _("Correo transaccional de Twilio; avisos firmados."),
    "mailjet": _("Correo transaccional europeo."),
    "sparkpost": _("Correo transaccional de Bird, en Estados Unidos o Europa."),
    "mailbox": _("Nada sale: ves lo que se habría enviado. Para probar."),
    "twilio": _("SMS desde un número tuyo o un servicio de mensajes."),
    "whatsapp_cloud": _("El número de WhatsApp de tu empresa, con plantillas aprobadas por Meta."),
}
HOOK_STEPS: dict[str, Any] = {
    "postmark": _("En tu servidor de Postmark: Webhooks → Add webhook. Marca Delivery, Bounce, Spam complaint y Open."),
    "resend": _("En Resend: Webhooks → Add endpoint. Elige los eventos email.* y copia aquí su Signing secret."),
    "mailgun": _("En Mailgun: Sending → Webhooks. Agrega la dirección a cada evento de tu dominio."),
    "brevo": _("En Brevo: Transactional → Settings → Webhook. Marca entregado, abierto, rebotes, spam y baja."),
    "sendgrid": _("En SendGrid: Mail Settings → Event Webhook. Activa la firma y copia su Verification Key."),
    "mailjet": _("En Mailjet: Account → Event notifications. Pega la dirección en cada evento."),
    "sparkpost": _("En SparkPost: Configuration → Webhooks → Create. Autenticación: Basic auth."),
    "twilio": _("Se pide sola en cada SMS. Para recibir respuestas: en tu número, «A message comes in»."),
    "whatsapp_cloud": _(
        "En tu app de Meta: WhatsApp → Configuration → Webhook. Pega la dirección y tu palabra de verificación, y "
        "suscríbete a «messages»."
    ),
}
