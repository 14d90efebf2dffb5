"""Writing a document on the screen: totals of the server, saved by itself, stamped, and back to what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aldia.domain.fiscal.drafts import from_json
from aldia.issuing.models import FiscalProfile, Issue, IssueState
from aldia.tenancy.scope import company_scope
from tests.capabilities.issuing.pages import HERE, Desk, fields_of, found_company, open_desk, text_of

pytestmark = pytest.mark.django_db
pytest.importorskip("satcfdi", reason="the extra mx is not installed")


@pytest.fixture
def desk(settings: Any, tmp_path: Path) -> Iterator[Desk]:
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DATA_DIR = tmp_path
    with company_scope(found_company().pk):
        yield open_desk()


def test_first_the_customer_then_a_form_with_its_data(desk: Desk) -> None:
    page = desk.get(f"{HERE}nueva/?q=guera")
    assert f"customer={desk.customer.pk}" in page
    page = desk.get(f"{HERE}nueva/?kind=invoice&customer={desk.customer.pk}")
    assert 'value="ABARROTES LA GUERA"' in page
    assert 'value="44100"' in page
    assert Issue.objects.count() == 0, "looking writes nothing"


def test_totals_are_the_servers_and_the_draft_is_saved_by_itself(desk: Desk) -> None:
    answer = desk.post(
        f"{HERE}calcular/", 200, **desk.typed({}, {"unit_price": "1,000.333333", "quantity": "3"}), save="1"
    )
    said = text_of(answer.content.decode())
    issue = Issue.objects.get()
    # 1,000.00 + 3,001.00 = 4,001.00; IVA 160.00 + 480.16
    assert "$4,641.16" in said
    assert "$640.16" in said
    assert "Guardado" in said
    assert (issue.total, issue.state) == (464_116, IssueState.DRAFT)
    again = desk.typed({"unit_price": "50"}, issue=str(issue.pk), version=str(issue.version))
    said = text_of(desk.post(f"{HERE}calcular/", 200, **again, save="1").content.decode())
    assert "$580.00" in said
    assert Issue.objects.get().total == 58_000


def test_a_form_sent_twice_makes_one_draft(desk: Desk) -> None:
    for _turn in range(2):
        desk.post(f"{HERE}calcular/", 200, **desk.typed(), save="1")
    assert Issue.objects.count() == 1


def test_an_empty_form_saves_nothing(desk: Desk) -> None:
    blank = {"description": "", "product_key": "", "unit_price": ""}
    desk.post(f"{HERE}calcular/", 200, **desk.typed(blank), save="1")
    assert not Issue.objects.exists()


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ({"unit_price": "mil"}, "Escribe un número, con seis decimales a lo más."),
        ({"unit_price": "1.1234567"}, "Escribe un número"),
        ({"quantity": "1,00"}, "Escribe un número"),
        ({"quantity": "9" * 20}, "Escribe un número"),
        ({"discount": "101 %"}, "Un descuento no pasa de 100 %."),
        ({"discount": "x"}, "no es un importe"),
        ({"ieps": "algo"}, "Escoja una opción válida"),
    ],
)
def test_what_cannot_be_read_is_said_and_not_saved(desk: Desk, line: dict[str, str], sentence: str) -> None:
    said = text_of(desk.post(f"{HERE}calcular/", 200, **desk.typed(line), save="1").content.decode())
    assert sentence in said
    assert "Sin guardar" in said
    assert not Issue.objects.exists()
    page = desk.saves("save", line, status=422)
    assert sentence in text_of(page.content.decode())


@pytest.mark.parametrize(
    ("line", "total"),
    [
        ({}, 116_000),
        ({"discount": "10 %"}, 104_400),
        ({"discount": "100.50"}, 104_342),
        ({"iva": "80000"}, 108_000),
        ({"iva": "0"}, 100_000),
        ({"iva": "exempt"}, 100_000),
        ({"iva": "none"}, 100_000),
        ({"iva_withheld": "106667", "isr_withheld": "100000"}, 95_333),
        ({"isr_withheld": "12500"}, 114_750),
        ({"ieps": "80000"}, 125_280),
        ({"ieps_quota": "3.5", "quota_units": "2"}, 116_812),
        ({"object_code": "01"}, 100_000),
    ],
)
def test_taxes_of_a_line(desk: Desk, line: dict[str, str], total: int) -> None:
    issue = desk.draft(line)
    assert issue.total == total
    shown = fields_of(desk.get(f"{HERE}{issue.pk}/editar/"))  # and the form gives it back as it was
    desk.post(f"{HERE}guardar/", **shown, act="save")
    assert Issue.objects.get().content == issue.content


def test_dollars_ask_for_a_rate(desk: Desk) -> None:
    issue = desk.draft(currency="USD", exchange_rate="18.4567")
    draft = from_json(issue.content)
    assert (draft.currency, draft.exchange_rate, issue.total) == ("USD", 18_456_700, 116_000)  # type: ignore[union-attr]
    page = text_of(desk.get(f"{HERE}{issue.pk}/"))
    assert "1,160.00 USD" in page
    assert "18.4567" in page


def test_stamped_with_one_button_and_on_file(desk: Desk) -> None:
    answer = desk.saves("stamp")
    issue = Issue.objects.get()
    assert answer.url.endswith(f"/facturacion/{issue.pk}/")
    assert issue.state == IssueState.QUEUED
    assert "En la cola para timbrar" in desk.get(f"{HERE}{issue.pk}/")
    desk.stamps(issue, datetime.now(UTC))
    issue.refresh_from_db()
    assert issue.state == IssueState.STAMPED
    assert issue.document_id
    refreshed = desk.client.get(f"{HERE}{issue.pk}/estado/", headers={"HX-Request": "true"})
    assert refreshed.headers["HX-Refresh"] == "true"
    page = desk.get(f"{HERE}{issue.pk}/")
    assert "Timbrado" in text_of(page)
    assert "sin validez fiscal" in page
    assert f"/documentos/{issue.document_id}/" in page


def test_what_is_missing_sends_back_to_its_field(desk: Desk) -> None:
    answer = desk.saves("stamp", {"product_key": ""}, status=422, receiver_regime="")
    page = answer.content.decode()
    assert "Antes de timbrar" in page
    assert 'href="#id_receiver_regime"' in page
    assert 'href="#id_l0-product_key"' in page
    assert Issue.objects.get().state == IssueState.DRAFT


def test_somebody_else_saved_first(desk: Desk) -> None:
    issue = desk.draft()
    old = desk.typed({"unit_price": "7"}, issue=str(issue.pk), version="0")
    desk.post(f"{HERE}calcular/", 409, **old, save="1")
    desk.post(f"{HERE}guardar/", 409, **old, act="save")
    issue.refresh_from_db()
    assert issue.total == 116_000


def test_a_stamped_document_is_written_no_more(desk: Desk) -> None:
    desk.saves("stamp")
    issue = desk.stamps(Issue.objects.get(), datetime.now(UTC))
    desk.get(f"{HERE}{issue.pk}/editar/", 302)
    late = desk.typed(issue=str(issue.pk), version=str(issue.version))
    desk.post(f"{HERE}guardar/", 409, **late, act="save")


def test_rows_come_and_go_without_script(desk: Desk) -> None:
    page = desk.saves("add", {}, status=200).content.decode()
    assert page.count('name="line"') == 3  # one, another, and the mould
    page = desk.saves("remove:l0", {}, {"description": "Otra"}, status=200).content.decode()
    assert "Limpiador" not in page
    assert "Otra" in page
    page = desk.saves("relate", {}, status=200).content.decode()
    assert page.count('name="related"') == 2
    assert not Issue.objects.exists()


def test_relations_are_grouped_and_shown_again(desk: Desk) -> None:
    one, two = "0" * 8 + "-1111-4222-8333-" + "A" * 12, "1" * 8 + "-1111-4222-8333-" + "B" * 12
    issue = desk.draft(related=(("04", one.lower()), ("04", two), ("07", two)))
    relations = from_json(issue.content).relations
    assert [(each.code, each.uuids) for each in relations] == [("04", (one, two)), ("07", (two,))]
    assert desk.get(f"{HERE}{issue.pk}/editar/").count(f'value="{two}"') == 2
    page = desk.saves("save", related=(("04", "no-es"),), status=422)
    assert "Un UUID tiene 32 letras" in page.content.decode()


def test_the_receiver_is_kept_in_its_file_when_asked(desk: Desk) -> None:
    FiscalProfile.objects.all().delete()
    desk.draft(receiver_postal_code="44110")
    assert not FiscalProfile.objects.exists()
    desk.draft(receiver_postal_code="44120", keep_receiver="on")
    assert FiscalProfile.objects.get().postal_code == "44120"


def test_bad_input_is_never_an_error_of_ours(desk: Desk) -> None:
    desk.post(f"{HERE}guardar/", 404, act="save")
    desk.post(f"{HERE}calcular/", 404, issue="x")
    odd = desk.typed({"quantity": "\x00", "unit_price": "∞"}, currency="ZZZ", method="?", version="x")
    desk.post(f"{HERE}calcular/", 200, **odd, save="1")
    desk.saves("stamp", status=422, currency="ZZZ")
    desk.saves("nonsense", line=["<b>", "l0"], key="x" * 500)
    huge = desk.typed({"quantity": "999999999999", "unit_price": "999999999999"})
    desk.post(f"{HERE}calcular/", 200, **huge, save="1")
