"""The proof that comes with a payment: kept as it came, and not lost when the form comes back with a mistake."""

from __future__ import annotations

from uuid import UUID

from django.core import signing
from django.forms import Form
from django.http import FileResponse, Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from aldia.tenancy import permissions
from aldia.tenancy.models import StoredFile
from aldia.tenancy.storage import CannotStore, DamagedFile, FileTooLarge, open_stored, store
from aldia.web.access import CompanyRequest, needs
from aldia.web.forms_receivables import MAX_PROOF
from aldia.web.views import errors
from aldia.web.views.receivables.common import credit_or_404

SALT = "receivables.proof"


def proof_of(request: CompanyRequest, form: Form) -> StoredFile | None:
    """The proof sent now, or the one kept from the form's first try. What is wrong goes on the form."""
    proof = form.cleaned_data.get("proof")
    if proof is None:
        return _kept(request.POST.get("kept", ""))
    try:
        return store(proof.name, proof, proof.content_type or "", max_bytes=MAX_PROOF)
    except (FileTooLarge, CannotStore) as error:
        form.add_error("proof", str(error))
        return None


def kept_proof(proof: StoredFile | None) -> dict[str, str] | None:
    """What the form carries of a proof that is already here."""
    return {"token": signing.dumps(str(proof.pk), salt=SALT), "name": proof.name} if proof else None


def _kept(token: str) -> StoredFile | None:
    if not token:
        return None
    try:
        file_id = UUID(signing.loads(token, salt=SALT, max_age=86_400))
    except (signing.BadSignature, ValueError):
        return None
    return StoredFile.objects.filter(pk=file_id).first()


@require_safe
@needs(permissions.VIEW)
def download(request: CompanyRequest, credit_id: UUID) -> HttpResponse:
    """The proof of a payment, always as a download: what others sent is never shown inside our pages."""
    credit = credit_or_404(request, credit_id)
    if credit.proof is None:
        raise Http404
    try:
        stream = open_stored(credit.proof)
    except DamagedFile:
        return errors.answer(request, 404, _("El comprobante ya no está en el almacén."))
    return FileResponse(  # type: ignore[return-value]
        stream, as_attachment=True, filename=credit.proof.name, content_type="application/octet-stream"
    )
