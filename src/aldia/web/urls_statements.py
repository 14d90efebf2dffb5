"""Addresses of bank accounts and of the statements that come into them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from aldia.web.views.banking import accounts, statement, upload

ACCOUNT = "bancos/<uuid:bank_account_id>/"
FILE = "bancos/archivos/<uuid:statement_file_id>/"
IMPORT = "bancos/estados/<uuid:statement_import_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("bancos/", accounts.index, name="bank_accounts"),
    path("bancos/nueva/", accounts.new, name="bank_account_new"),
    path("bancos/subir/", upload.index, name="statement_upload"),
    path(ACCOUNT, accounts.show, name="bank_account"),
    path(f"{ACCOUNT}editar/", accounts.edit, name="bank_account_edit"),
    path(f"{ACCOUNT}archivar/", accounts.archive, name="bank_account_archive"),
    path(f"{ACCOUNT}activar/", accounts.restore, name="bank_account_restore"),
    path(FILE, upload.show, name="statement_file"),
    path(f"{FILE}responder/", upload.answer, name="statement_answer"),
    path(f"{FILE}columnas/", upload.columns, name="statement_columns"),
    path(f"{FILE}contrasena/", upload.unlock, name="statement_unlock"),
    path(f"{FILE}importar/", upload.bring_in, name="statement_import"),
    path(f"{FILE}descartar/", upload.discard, name="statement_discard"),
    path(IMPORT, statement.show, name="statement"),
    path(f"{IMPORT}deshacer/", statement.undo, name="statement_undo"),
    path(f"{IMPORT}dudas/", statement.settle_all, name="statement_doubts"),
    path("bancos/dudas/<uuid:bank_movement_id>/", statement.settle, name="statement_doubt"),
]
