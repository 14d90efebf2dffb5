"""Addresses of templates, messages, the mailbox and messages that a person writes."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.messages import (
    deciding,
    editor,
    history,
    letters,
    mailbox,
    many,
    preview,
    record,
    sent,
    suppressions,
    templates,
    writing,
)

HOME = "recordatorios/"
TEMPLATE = f"{HOME}plantillas/<uuid:template_id>/"
MESSAGE = f"{HOME}enviados/<uuid:message_id>/"
DELIVERY = f"{HOME}entregas/<uuid:delivery_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(f"{HOME}plantillas/", templates.index, name="message_templates"),
    path(f"{HOME}plantillas/nueva/", editor.new, name="template_new"),
    path(f"{HOME}plantillas/duplicar/", templates.duplicate, name="template_duplicate"),
    path(f"{HOME}plantillas/vista/", preview.panel, name="template_preview"),
    path(f"{HOME}plantillas/vista/<str:token>/", preview.frame, name="preview_frame"),
    path(f"{HOME}plantillas/casa/<str:key>/", editor.builtin, name="builtin_template"),
    path(f"{HOME}plantillas/casa/<str:key>/guardar/", editor.save_builtin, name="builtin_template_save"),
    path(TEMPLATE, editor.show, name="message_template"),
    path(f"{TEMPLATE}guardar/", editor.save, name="message_template_save"),
    path(f"{TEMPLATE}original/", templates.restore, name="template_restore"),
    path(f"{TEMPLATE}archivar/", templates.archive, name="template_archive"),
    path(f"{TEMPLATE}recuperar/", templates.unarchive, name="template_unarchive"),
    path(f"{HOME}enviados/", sent.index, name="messages"),
    path(f"{HOME}enviados/exportar/", sent.export, name="messages_export"),
    path(f"{HOME}enviados/aprobar/", deciding.approve_many, name="messages_approve"),
    path(f"{HOME}enviados/rechazar/", deciding.reject_many, name="messages_reject"),
    path(MESSAGE, record.show, name="message"),
    path(f"{MESSAGE}contenido/", record.frame, name="message_frame"),
    path(f"{MESSAGE}aprobar/", deciding.approve, name="message_approve"),
    path(f"{MESSAGE}rechazar/", deciding.reject, name="message_reject"),
    path(f"{HOME}adjuntos/<uuid:attachment_id>/", record.attachment, name="message_attachment"),
    path(f"{DELIVERY}resolver/", deciding.resolve, name="delivery_resolve"),
    path(f"{DELIVERY}carta.pdf", letters.printed, name="letter_pdf"),
    path(f"{DELIVERY}guia/", letters.posted, name="letter_posted"),
    path(f"{DELIVERY}acuse/", letters.received, name="letter_received"),
    path(f"{DELIVERY}acuse/archivo/", record.acknowledgement, name="letter_acknowledgement"),
    path(f"{HOME}bloqueadas/", suppressions.index, name="suppressions"),
    path(f"{HOME}bloqueadas/<uuid:suppression_id>/desbloquear/", suppressions.lift, name="suppression_lift"),
    path(f"{HOME}buzon/", mailbox.index, name="mailbox"),
    path(f"{HOME}buzon/<uuid:message_id>/", mailbox.show, name="mailbox_message"),
    path(f"{HOME}escribir/", writing.new, name="message_new"),
    path(f"{HOME}escribir/varios/", many.write, name="messages_new"),
    path(f"{HOME}escribir/varios/resultado/", many.written, name="messages_written"),
    path(f"{HOME}escribir/varios/vista/", many.panel, name="messages_preview"),
    path(f"{HOME}escribir/vista/", writing.panel, name="message_preview"),
    path("clientes/<uuid:customer_id>/mensajes/", history.customer, name="customer_messages"),
]
