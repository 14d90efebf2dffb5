"""The list of what the company issues, each document's page, sending, cancelling, notes and advances on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aldia.customers.models import Contact, ContactRole
from aldia.domain.fiscal.drafts import from_json
from aldia.integrations.spreadsheets import read_rows
from aldia.issuing.models import Cancellation, CancellationState, Issue, IssueState, SavedConcept
from aldia.issuing.operations import cancelling
from aldia.jobs.issuing import open_stamper
from aldia.messaging.models import Message
from aldia.receivables.models import Receivable
from aldia.tenancy.models import Membership, Role
from aldia.tenancy.scope import company_scope
from tests.capabilities.issuing.pages import BASE, HERE, Desk, found_company, open_desk, signed_in, text_of

pytestmark = pytest.mark.django_db
pytest.importorskip("satcfdi", reason="the extra mx is not installed")


@pytest.fixture
def desk(settings: Any, tmp_path: Path) -> Iterator[Desk]:
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DATA_DIR = tmp_path
    with company_scope(found_company().pk):
        yield open_desk()


def now() -> datetime:
    return datetime.now(UTC)


def stamped(desk: Desk, *lines: dict[str, str], **more: Any) -> Issue:
    issue = desk.draft(*lines, **more)
    desk.post(f"{HERE}{issue.pk}/timbrar/", version=str(issue.version))
    found = desk.stamps(issue, now())
    assert found.state == IssueState.STAMPED, (found.trouble_code, found.trouble)
    return found


def said(desk: Desk, path: str = HERE) -> str:
    return text_of(desk.get(path))


# The list


def test_tabs_filters_and_export(desk: Desk) -> None:
    one, two = stamped(desk), desk.draft({"unit_price": "5"})
    page = desk.get(HERE)
    assert f"/facturacion/{one.pk}/" in page
    assert f"/facturacion/{two.pk}/" in page
    assert f"/facturacion/{two.pk}/" not in desk.get(f"{HERE}?state=stamped")
    assert f"/facturacion/{one.pk}/" not in desk.get(f"{HERE}?state=drafts")
    assert f"/facturacion/{one.pk}/" in desk.get(f"{HERE}?q={one.series}{one.folio}")
    assert f"/facturacion/{one.pk}/" in desk.get(f"{HERE}?q={one.uuid[:10].lower()}")
    assert "Nada coincide" in desk.get(f"{HERE}?q=ZZ99")
    assert f"/facturacion/{two.pk}/" in desk.get(f"{HERE}?q=guera&kind=invoice")
    rows = [list(row.values) for row in read_rows(b"".join(desk.client.get(f"{HERE}exportar/?state=stamped")))]
    assert len(rows) == 2
    assert one.uuid in rows[1]


def test_many_are_stamped_and_one_that_lacks_something_holds_nobody_back(desk: Desk) -> None:
    good, bad = desk.draft(), desk.draft({"product_key": ""})
    answer = desk.client.post(f"{HERE}timbrar/?state=drafts", {"id": [str(good.pk), str(bad.pk)]}, follow=True)
    page = text_of(answer.content.decode())
    assert "1 documento va a timbrarse" in page
    assert "Sin hacer" in page
    assert {row.pk: row.state for row in Issue.objects.all()} == {good.pk: "queued", bad.pk: "draft"}
    desk.client.post(f"{HERE}descartar/", {"all": "1"})
    assert Issue.objects.get(pk=bad.pk).state == IssueState.DISCARDED
    assert Issue.objects.get(pk=good.pk).state == IssueState.QUEUED
    assert f"/facturacion/{bad.pk}/" not in desk.get(HERE)


def test_an_auditor_looks_and_touches_nothing(desk: Desk) -> None:
    issue = stamped(desk)
    auditor = signed_in(desk.company, "auditor@ejemplo.mx", Role.AUDITOR)
    page = auditor.get(f"{HERE}{issue.pk}/").content.decode()
    assert "Duplicar" not in page
    assert issue.uuid in page
    for path in ("nueva/", f"{issue.pk}/editar/", "conceptos/", f"cancelar/{issue.document_id}/"):
        assert auditor.get(f"{HERE}{path}").status_code == 403
    for path in ("guardar/", "calcular/", "timbrar/", f"{issue.pk}/duplicar/", f"{issue.pk}/enviar/"):
        assert auditor.post(f"{HERE}{path}").status_code == 403


def test_who_sees_only_the_own_portfolios_sees_no_others(desk: Desk) -> None:
    issue = desk.draft()
    other = signed_in(desk.company, "ximena@ejemplo.mx", Role.FINANCE)
    Membership.objects.filter(user__email="ximena@ejemplo.mx").update(own_portfolio_only=True)
    assert other.get(f"{HERE}{issue.pk}/").status_code == 404
    assert str(issue.pk) not in other.get(HERE).content.decode()
    assert other.post(f"{HERE}guardar/", desk.typed(issue=str(issue.pk))).status_code == 404
    assert other.get(f"{HERE}nueva/?customer={desk.customer.pk}").status_code == 404


# One document


def test_the_preview_is_a_paper_that_says_it_is_a_draft(desk: Desk) -> None:
    issue = desk.draft()
    answer = desk.client.get(f"{HERE}{issue.pk}/vista-previa.pdf")
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")
    assert answer["Content-Disposition"].startswith("inline")
    done = stamped(desk)
    assert desk.client.get(f"{HERE}{done.pk}/vista-previa.pdf").status_code == 302


def test_duplicated_and_discarded(desk: Desk) -> None:
    issue = stamped(desk)
    answer = desk.post(f"{HERE}{issue.pk}/duplicar/")
    copy = Issue.objects.exclude(pk=issue.pk).get()
    assert str(copy.pk) in answer.url
    assert (copy.state, copy.total, copy.folio) == ("draft", issue.total, "")
    desk.post(f"{HERE}{copy.pk}/descartar/", 409, version="99")
    desk.post(f"{HERE}{copy.pk}/descartar/", version=str(copy.version))
    copy.refresh_from_db()
    assert copy.state == IssueState.DISCARDED


def test_sent_to_whom_the_person_says(desk: Desk) -> None:
    issue = stamped(desk)
    desk.post(f"{HERE}{issue.pk}/enviar/", to="")
    assert "No hay a quién" in said(desk)
    desk.post(f"{HERE}{issue.pk}/enviar/", to="no es correo")
    assert "no es un correo" in said(desk)
    assert not Message.objects.exists()
    Contact.objects.create(
        company=desk.company, customer=desk.customer, name="Lupe", email="lupe@ejemplo.mx", role=ContactRole.BILLING
    )
    assert "lupe@ejemplo.mx" in desk.get(f"{HERE}{issue.pk}/")
    desk.post(f"{HERE}{issue.pk}/enviar/", to="lupe@ejemplo.mx, otra@ejemplo.mx")
    assert "Va en camino" in said(desk)
    assert Message.objects.count() == 1
    draft = desk.draft()
    desk.post(f"{HERE}{draft.pk}/enviar/", to="lupe@ejemplo.mx")
    assert "ya está timbrado" in said(desk)


def test_it_is_in_the_receivables(desk: Desk) -> None:
    issue = stamped(desk)
    row = Receivable.objects.get(key=issue.uuid)
    assert (row.total, row.customer_id) == (116_000, desk.customer.pk)
    assert f"/por-cobrar/{row.pk}/" in desk.get(f"{HERE}{issue.pk}/")
    assert f"/facturacion/nota/{row.pk}/" in desk.get(f"{BASE}/por-cobrar/{row.pk}/")


# Cancelling


def test_cancelled_with_its_motive_and_no_longer_collected(desk: Desk) -> None:
    issue = stamped(desk)
    path = f"{HERE}cancelar/{issue.document_id}/"
    assert "No se llevó a cabo la operación" in desk.get(path)
    assert "hay que decir cuál lo sustituye" in desk.post(path, 422, motive="01").content.decode()
    assert "Un UUID" in desk.post(path, 422, motive="01", replacement_key="x").content.decode()
    desk.post(path, 422, motive="99")
    assert not Cancellation.objects.exists()
    desk.post(path, motive="02")
    wish = Cancellation.objects.get()
    assert (wish.state, wish.motive, wish.issue_id) == (CancellationState.ASKED, "02", issue.pk)
    assert "pidiendo su cancelación" in said(desk, f"{HERE}{issue.pk}/")
    cancelling.work(now=now() + timedelta(seconds=1), stamper_of=open_stamper)
    wish.refresh_from_db()
    assert wish.state in (CancellationState.DONE, CancellationState.WAITING), wish.message
    if wish.state == CancellationState.DONE:
        assert "Cancelado" in said(desk, f"{HERE}{issue.pk}/")
        assert Receivable.objects.get(key=issue.uuid).voided_on is not None


def test_a_wish_is_taken_back(desk: Desk) -> None:
    issue = stamped(desk)
    desk.post(f"{HERE}cancelar/{issue.document_id}/", motive="03")
    wish = Cancellation.objects.get()
    desk.post(f"{HERE}cancelaciones/{wish.pk}/retirar/")
    wish.refresh_from_db()
    assert wish.state == CancellationState.WITHDRAWN
    issue.refresh_from_db()
    assert issue.state == IssueState.STAMPED


def test_substituted_first_then_cancelled_with_01(desk: Desk) -> None:
    issue = stamped(desk)
    answer = desk.post(f"{HERE}{issue.pk}/sustituir/")
    other = Issue.objects.exclude(pk=issue.pk).get()
    assert str(other.pk) in answer.url
    assert other.replaces_id == issue.pk
    assert [(each.code, each.uuids) for each in from_json(other.content).relations] == [("04", (issue.uuid,))]
    desk.post(f"{HERE}{other.pk}/timbrar/", version=str(other.version))
    other = desk.stamps(other, now())
    page = desk.get(f"{HERE}cancelar/{issue.document_id}/")
    assert f'value="{other.uuid}"' in page
    desk.post(f"{HERE}cancelar/{issue.document_id}/", motive="01", replacement_key=other.uuid)
    assert Cancellation.objects.get().replacement_key == other.uuid


# Notes


def test_a_credit_note_from_its_receivable(desk: Desk) -> None:
    issue = stamped(desk)
    row = Receivable.objects.get(key=issue.uuid)
    path = f"{HERE}nota/{row.pk}/"
    assert "Devolución de mercancía" in desk.get(path)
    key = "0" * 8 + "-1111-4222-8333-" + "0" * 12
    desk.post(path, 422, key=key, what="rebate", amount="mil")
    desk.post(path, 422, key=key, what="rebate", amount="99999999")
    answer = desk.post(path, key=key, what="rebate", amount="116.00", reason="Pronto pago")
    note = Issue.objects.exclude(pk=issue.pk).get()
    assert (note.kind, note.total) == ("credit_note", 11_600)
    assert str(note.pk) in answer.url
    desk.post(path, key=key, what="rebate", amount="116.00", reason="Pronto pago")
    assert Issue.objects.count() == 2, "sent twice, one note"
    desk.post(f"{HERE}{note.pk}/timbrar/", version=str(note.version))
    assert desk.stamps(note, now()).state == IssueState.STAMPED
    row.refresh_from_db()
    assert row.balance == 116_000 - 11_600


# Advances


def an_advance(desk: Desk) -> Issue:
    page = desk.get(f"{HERE}nueva/?kind=advance&customer={desk.customer.pk}")
    assert 'value="84111506"' in page
    assert "Anticipo del bien o servicio" in page
    line = {
        "description": "Anticipo del bien o servicio",
        "product_key": "84111506",
        "unit_key": "ACT",
        "quantity": "1",
        "unit_price": "1000",
    }
    return stamped(desk, line, kind="advance", method="PUE", form="03")


def test_an_advance_applied_with_a_note(desk: Desk) -> None:
    """Procedure A: invoice of the whole with relation 07, then the note; both from buttons."""
    advance = an_advance(desk)
    assert f"advance-a:{advance.uuid}" in desk.get(f"{HERE}nueva/?customer={desk.customer.pk}")
    desk.post(f"{HERE}anticipo/{advance.document_id}/usar/")
    invoice = Issue.objects.get(kind="invoice")
    typed = desk.typed({"unit_price": "500"}, issue=str(invoice.pk), version=str(invoice.version))
    kept = {"related": ["r0"], "r0-code": "07", "r0-uuid": advance.uuid}
    desk.post(f"{HERE}guardar/", **typed | kept, act="stamp")
    invoice = desk.stamps(invoice, now())
    page = desk.get(f"{HERE}{invoice.pk}/")
    assert "Falta aplicar el anticipo" in page
    desk.post(f"{HERE}{invoice.pk}/aplicar-anticipo/", advance="no-es")
    desk.post(f"{HERE}{invoice.pk}/aplicar-anticipo/", advance=advance.uuid)
    note = Issue.objects.get(kind="credit_note")
    assert note.total == 11_600 * 10
    assert "Falta aplicar el anticipo" not in desk.get(f"{HERE}{invoice.pk}/")
    desk.post(f"{HERE}{note.pk}/timbrar/", version=str(note.version))
    assert desk.stamps(note, now()).state == IssueState.STAMPED
    assert Receivable.objects.get(key=invoice.uuid).balance == 580_000 - 116_000


def test_an_invoice_of_what_remains_after_an_advance(desk: Desk) -> None:
    """Procedure B: the advance is the invoice's discount, and no note follows."""
    advance = an_advance(desk)
    desk.saves(f"advance-b:{advance.uuid}", {"unit_price": "500"}, method="PUE", form="03")
    invoice = Issue.objects.get(kind="invoice")
    assert invoice.total == 580_000 - 116_000
    assert advance.uuid in desk.get(f"{HERE}{invoice.pk}/editar/")
    desk.post(f"{HERE}{invoice.pk}/timbrar/", version=str(invoice.version))
    invoice = desk.stamps(invoice, now())
    assert "Falta aplicar el anticipo" not in desk.get(f"{HERE}{invoice.pk}/")
    page = desk.saves(f"advance-b:{advance.uuid}", {"unit_price": "1"}, key="otra", status=422)
    assert "El anticipo cubre todo" in page.content.decode()


# Concepts


def test_concepts_are_kept_found_and_put_away(desk: Desk) -> None:
    line = {
        f"line-{name}": value
        for name, value in {
            "description": "Mantenimiento mensual", "product_key": "81112100", "unit_key": "E48", "quantity": "1",
            "unit_price": "1500.50", "iva": "160000", "isr_withheld": "12500",
        }.items()
    }  # fmt: skip
    desk.post(f"{HERE}conceptos/nuevo/", 422, **line | {"line-unit_price": "x"})
    desk.post(f"{HERE}conceptos/nuevo/", **line, name="Iguala")
    kept = SavedConcept.objects.get()
    assert "Iguala" in desk.get(f"{HERE}conceptos/")
    assert "1500.50" in desk.get(f"{HERE}conceptos/{kept.pk}/")
    found = desk.get(f"{HERE}buscar/conceptos/?q=iguala")
    assert "Mantenimiento mensual" in found
    assert "12500" in found
    desk.post(f"{HERE}conceptos/{kept.pk}/", **line | {"line-unit_price": "1600"}, name="Iguala 2027")
    kept.refresh_from_db()
    assert (kept.name, kept.line["price_micro"]) == ("Iguala 2027", 1_600_000_000)
    desk.post(f"{HERE}conceptos/{kept.pk}/quitar/")
    assert "Iguala" not in text_of(desk.get(f"{HERE}conceptos/")).split("ya no se ofrece")[-1]


def test_codes_and_documents_are_searched(desk: Desk) -> None:
    assert "Pieza" in desk.get(f"{HERE}buscar/claves/?catalogue=c_ClaveUnidad&q=pieza")
    assert "Ninguna clave" in desk.get(f"{HERE}buscar/claves/?catalogue=c_ClaveUnidad&q=zzzz")
    assert "data-value" not in desk.get(f"{HERE}buscar/claves/?catalogue=c_RegimenFiscal&q=601")
    issue = stamped(desk)
    page = desk.get(f"{HERE}buscar/documentos/?customer={desk.customer.pk}&q={issue.folio}")
    assert issue.uuid in page
    assert "1,160.00" in page
    assert issue.uuid not in desk.get(f"{HERE}buscar/documentos/?customer=x&q=")
    assert "GUERA" in desk.get(f"{HERE}buscar/clientes/?q=guera&kind=advance")
