"""The inbox of movements and guided reconciliation as a bookkeeper uses them, and what nobody else may."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from aldia.banking import standing
from aldia.banking.models import BankMovement, Match, MatchDecision, MatchLine, MovementComment, MovementState
from aldia.banking.queries import inbox
from aldia.domain.matching import Allocation, Outcome, Reason, sentences
from aldia.integrations.spreadsheets import read_rows
from aldia.receivables.models import Credit
from aldia.tenancy.models import Membership, Role
from aldia.tenancy.scope import company_scope
from aldia.web import inbox_words
from tests.cast import make_company
from tests.support.bank_desk import TODAY, BankDesk, advance, make_desk, pays, signed_in

pytestmark = pytest.mark.django_db
BASE = "/e/tres-rios"
INBOX, GUIDED, ALL = f"{BASE}/conciliacion/", f"{BASE}/conciliacion/guiada/", f"{BASE}/conciliacion/movimientos/"
MANY = f"{INBOX}varios/"
HOSTILE = '"><img src=x onerror=alert(1)>'
NOTHING = Reason("nothing", "No hay ningún documento que este depósito pueda pagar.", {})
FEE = Reason("fee", "Es una comisión o un impuesto del banco: no es cobranza.", {})


@pytest.fixture
def desk(settings: Any) -> Iterator[BankDesk]:
    settings.SECURE_SSL_REDIRECT = False
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    company = make_company(slug="tres-rios")
    with company_scope(company.pk):
        yield make_desk(company)


def fields(page: str) -> dict[str, str]:
    """The hidden fields of the form that accepts."""
    form = page.split('id="primary"')[1]
    return {name: re.search(rf'name="{name}" value="([^"]*)"', form)[1] for name in ("key", "version")}  # type: ignore[index]


def of(row: BankMovement) -> BankMovement:
    return BankMovement.objects.get(pk=row.pk)


def stage_of(page: str) -> str:
    """The movement at hand."""
    return re.search(r'data-id="([^"]*)"', page)[1]  # type: ignore[index]


# The inbox


def test_an_empty_inbox_leads_to_the_first_statement(desk: BankDesk) -> None:
    assert "Nada espera por ti" in desk.get(INBOX)
    desk.statement.delete()
    desk.account.delete()
    assert "Trae tu primer estado de cuenta" in desk.get(INBOX)


def test_what_waits_is_grouped_by_what_it_needs(desk: BankDesk) -> None:
    desk.proposed(desk.owes(116_000))
    desk.proposed(desk.owes(58_000), vetoes=["sibling"])
    desk.decided(desk.moved(77_700), outcome=Outcome.EXCEPTION, reasons=[NOTHING])
    desk.decided(desk.moved(-5_800, "COMISION"), outcome=Outcome.NOT_RECEIVABLE, reasons=[FEE])
    desk.moved(99_900, "RECIEN LLEGADO")
    desk.moved(11_100, "OTRA VEZ", doubt="same_text")
    page = desk.get(INBOX)
    groups = re.findall(r"why=(\w+)", page)
    assert sorted(set(groups)) == ["doubt", "other", "payer", "ready", "undecided", "which"]
    assert "$1,160.00" in page
    assert "$58.00" in page
    assert "Seguras" in page
    assert "Sin propuesta" in page
    which = desk.get(f"{INBOX}?state=waiting&why=which")
    assert "FAC-102" in which
    assert "FAC-101" not in which.split("</thead>")[1]


def test_tabs_explain_the_states_and_list_their_own(desk: BankDesk) -> None:
    desk.moved(10_000, "UNO PENDIENTE")
    desk.moved(20_000, "DOS ARCHIVADO", state=MovementState.ARCHIVED, archived_at="2026-01-01T00:00Z")
    for state, mine, other in (("waiting", "UNO", "DOS"), ("archived", "DOS", "UNO"), ("all", "DOS", "")):
        rows = desk.get(f"{ALL}?state={state}").split("</thead>")[1]
        assert mine in rows
        assert not other or other not in rows
    assert "se pueden traer de vuelta" in desk.get(f"{ALL}?state=archived")
    assert "se debe otra vez" in desk.get(f"{ALL}?state=reversed")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=guera", ["A"]), ("q=1160", ["A"]), ("q=TRAZA9", ["B"]), ("way=out", ["C"]), ("least=1000", ["A", "C"]),
        ("currency=USD", []), ("level=3", ["A"]), ("q=pago+texto", ["B"]), ("who=nobody", ["A", "B", "C"]),
        ("from=2030-01-01", []), ("q=%25", []), ("level=99", ["A", "B", "C"]), ("why=nada", ["A", "B", "C"]),
    ],
)  # fmt: skip
def test_the_list_is_filtered_and_searched(desk: BankDesk, query: str, found: list[str]) -> None:
    marks = {"A": "ABARROTES LA GÜERA PAGO", "B": "PAGO SIN TEXTO", "C": "CHEQUE 77"}
    desk.proposed(desk.owes(116_000))
    desk.moved(50_000, marks["B"], trace_key="TRAZA9")
    desk.moved(-200_000, marks["C"])
    rows = desk.get(f"{ALL}?{query}").split("<tbody>")
    shown = rows[1] if len(rows) > 1 else ""
    assert [key for key, text in marks.items() if text in shown] == found


def test_the_month_says_how_far_it_is(desk: BankDesk) -> None:
    day = TODAY.replace(day=1)
    desk.moved(100_000, "A", day, explained=100_000, state=MovementState.RECONCILED)
    desk.moved(100_000, "B", day, explained=25_000, state=MovementState.PARTIAL)
    desk.moved(100_000, "C", day, state=MovementState.ARCHIVED)
    desk.moved(100_000, "D", day)
    page = desk.get(INBOX)
    assert re.search(r'month-big">50<', page)
    assert "$4,000.00" in page
    assert "$1,250.00" in page
    assert "Faltan 2 movimientos" in page


def test_the_sheet_has_what_the_filter_has(desk: BankDesk) -> None:
    desk.proposed(desk.owes(116_000))
    desk.moved(-5_800, "=COMISION()")
    answer = desk.client.get(f"{INBOX}movimientos.xlsx?state=waiting&way=out")
    rows = [list(row.values) for row in read_rows(b"".join(answer))]
    assert rows[0][2] == "Lo que dice el banco"
    assert [row[2] for row in rows[1:]] == ["=COMISION()"]
    assert len(list(read_rows(b"".join(desk.client.get(f"{INBOX}movimientos.xlsx"))))) == 3


def test_a_page_of_fifty_asks_no_more_than_a_page_of_two(desk: BankDesk) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as seen:
            desk.get(INBOX)
        return len(seen)

    for _n in range(2):
        desk.proposed(desk.owes(10_000))
    few = queries()
    for _n in range(48):
        desk.proposed(desk.owes(10_000))
    assert queries() <= few


def test_words_of_others_are_shown_as_words(desk: BankDesk) -> None:
    row = desk.moved(
        10_000, HOSTILE, payer_name=HOSTILE, evidence=[{"kind": "name", "value": HOSTILE, "start": 0, "end": 10}]
    )
    for path in (INBOX, ALL, f"{GUIDED}?m={row.pk}"):
        assert "<img src=x" not in desk.get(path)


# Guided reconciliation


def test_the_surest_comes_first_then_the_oldest(desk: BankDesk) -> None:
    doubtful = desk.proposed(desk.owes(10_000), vetoes=["payer_unknown"], on=TODAY - timedelta(days=9))
    new = desk.proposed(desk.owes(20_000), on=TODAY - timedelta(days=1))
    old = desk.proposed(desk.owes(30_000), on=TODAY - timedelta(days=5))
    likely = desk.proposed(desk.owes(40_000), vetoes=["sibling"], on=TODAY)
    order = [old, new, likely, doubtful]
    page = desk.get(GUIDED)
    for place, row in enumerate(order, 1):
        assert stage_of(page) == str(row.pk)
        assert f"<b>{place}</b> de 4" in page
        following = re.search(r'data-next="([^"]*)"', page)[1].replace("&amp;", "&")  # type: ignore[index]
        page = desk.get(following)
    assert "Llegaste al final" in page


def test_a_deposit_is_shown_with_its_evidence_and_its_reasons(desk: BankDesk) -> None:
    document = desk.owes(116_000)
    row = desk.proposed(document)
    name = row.text.index("ABARROTES")
    BankMovement.objects.filter(pk=row.pk).update(
        evidence=[{"kind": "name", "value": "ABARROTES", "start": name, "end": name + 9}]
    )
    page = desk.get(GUIDED)
    assert re.search(r'<mark class="ev-who" title="[^"]+">ABARROTES</mark>', page)
    assert re.search(r'<mark class="ev-doc" title="[^"]+">FAC-101</mark>', page)
    assert "FAC-101 suma exacto." in page
    assert "Casos así todavía se proponen." in page
    assert "queda pagada" in page


def test_an_alternative_says_what_differs(desk: BankDesk) -> None:
    first, second = desk.owes(50_000), desk.owes(50_000)
    other = desk.another("Ferretería Sol", "FSO010203AB1")
    theirs = desk.owes(50_000, other)
    row = desk.moved(50_000)
    desk.decided(row, pays(first, vetoes=["sibling"]), pays(second), pays(theirs), advance(desk.customer, 50_000))
    page = desk.get(GUIDED)
    assert f"Paga {second.number} en lugar de {first.number}" in page
    assert "Es de Ferretería Sol" in page
    assert "Deja $500.00 a favor del cliente" in page
    assert page.count('name="choice"') == 4


@pytest.mark.parametrize("fetch", [True, False], ids=["script", "plain"])
def test_accepting_answers_with_the_next_one(desk: BankDesk, fetch: bool) -> None:
    document = desk.owes(116_000)
    row = desk.proposed(document, on=TODAY - timedelta(days=5))
    following = desk.proposed(desk.owes(20_000), on=TODAY)
    page = desk.get(GUIDED)
    answer = desk.post(f"{GUIDED}{row.pk}/aceptar/", 200 if fetch else 302, fetch, choice="0", **fields(page))
    shown = answer.content.decode() if fetch else desk.get(answer.headers["Location"])
    assert stage_of(shown) == str(following.pk)
    assert "Conciliaste $1,160.00" in shown
    assert "Deshacer" in shown
    assert ("<html" in shown) is not fetch
    document.refresh_from_db()
    assert (document.balance, of(row).state) == (0, "reconciled")


def test_the_same_form_sent_twice_pays_once(desk: BankDesk) -> None:
    row = desk.proposed(desk.owes(116_000))
    sent = fields(desk.get(GUIDED))
    for _time in range(2):
        desk.post(f"{GUIDED}{row.pk}/aceptar/", choice="0", **sent)
    assert Match.objects.count() == 1
    assert Credit.objects.count() == 1


def test_another_choice_is_what_is_applied(desk: BankDesk) -> None:
    first, second = desk.owes(50_000), desk.owes(50_000)
    row = desk.decided(desk.moved(50_000), pays(first, vetoes=["sibling"]), pays(second))
    desk.post(f"{GUIDED}{row.pk}/aceptar/", choice="1", **fields(desk.get(GUIDED)))
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.balance, second.balance) == (50_000, 0)


def test_what_is_missing_is_named_before_it_is_accepted(desk: BankDesk) -> None:
    document = desk.owes(116_000)
    allocation = Allocation(str(document.pk), 110_200, 5_800, "unexplained")
    best = replace(pays(document, family="unexplained", vetoes=["unexplained"]), allocations=(allocation,))
    row = desk.decided(desk.moved(110_200), best)
    page = desk.get(GUIDED)
    assert "¿Qué fue lo que falta?" in page
    refused = desk.post(f"{GUIDED}{row.pk}/aceptar/", 409, True, choice="0", **fields(page))
    assert "Di qué fue lo que falta." in refused.content.decode()
    told = {"choice": "0", "difference-0": "fee", **fields(page)}
    desk.post(f"{GUIDED}{row.pk}/aceptar/", **told)
    document.refresh_from_db()
    assert (document.balance, of(row).state) == (0, "reconciled")
    assert MatchLine.objects.get().difference_kind == "fee"


def test_money_that_went_back_is_taken_back_from_its_deposit(desk: BankDesk) -> None:
    document = desk.owes(116_000)
    deposit = desk.proposed(document)
    desk.post(f"{GUIDED}{deposit.pk}/aceptar/", choice="0", **fields(desk.get(GUIDED)))
    back = desk.decided(desk.moved(-116_000, "SPEI DEVUELTO"), outcome=Outcome.REVERSAL)
    MatchDecision.objects.filter(movement=back).update(undoes_id=deposit.pk)
    page = desk.get(GUIDED)
    assert "se debe otra vez" in page
    desk.post(f"{GUIDED}{back.pk}/aceptar/", choice="0", **fields(page))
    document.refresh_from_db()
    assert (document.balance, of(deposit).state) == (116_000, "reversed")


def test_what_changed_since_it_was_seen_is_not_accepted(desk: BankDesk) -> None:
    row = desk.proposed(desk.owes(116_000))
    sent = fields(desk.get(GUIDED))
    BankMovement.objects.filter(pk=row.pk).update(version=row.version + 7)
    answer = desk.post(f"{GUIDED}{row.pk}/aceptar/", 409, True, choice="0", **sent)
    assert stage_of(answer.content.decode()) == str(row.pk)
    assert 'role="alert"' in answer.content.decode()
    assert not Match.objects.exists()


@pytest.mark.parametrize("choice", ["9", "-1", "x", "", "99999999999999999999"])
def test_a_choice_that_is_none_is_a_sentence(desk: BankDesk, choice: str) -> None:
    row = desk.decided(desk.moved(77_700), outcome=Outcome.EXCEPTION, reasons=[NOTHING])
    answer = desk.post(f"{GUIDED}{row.pk}/aceptar/", 409, True, choice=choice, key="abc")
    assert 'role="alert"' in answer.content.decode()
    assert not Match.objects.exists()


def test_the_last_act_is_undone(desk: BankDesk) -> None:
    document = desk.owes(116_000)
    row = desk.proposed(document)
    where = desk.post(f"{GUIDED}{row.pk}/aceptar/", choice="0", **fields(desk.get(GUIDED))).headers["Location"]
    last = re.search(r'name="last" value="([^"]*)"', desk.get(where))[1]  # type: ignore[index]
    page = desk.post(f"{GUIDED}deshacer/", 200, True, last=last).content.decode()
    assert stage_of(page) == str(row.pk)
    assert "Se deshizo" in page
    document.refresh_from_db()
    assert (document.balance, of(row).state) == (116_000, "pending")
    desk.post(f"{GUIDED}{row.pk}/aceptar/", choice="0", **fields(page))
    assert of(row).state == "reconciled"


@pytest.mark.parametrize("last", ["", "match:", "match:x", "otra:1", f"shelved:{'0' * 32}"])
def test_nothing_to_undo_is_no_fault(desk: BankDesk, last: str) -> None:
    answer = desk.client.post(f"{GUIDED}deshacer/", {"last": last})
    assert answer.status_code in (302, 404)


def test_archiving_and_bringing_back(desk: BankDesk) -> None:
    row = desk.decided(desk.moved(77_700), outcome=Outcome.EXCEPTION, reasons=[NOTHING])
    refused = desk.post(f"{GUIDED}{row.pk}/archivar/", 409, True, reason="")
    assert "Di por qué" in refused.content.decode()
    page = desk.post(f"{GUIDED}{row.pk}/archivar/", 200, True, reason="Traspaso propio").content.decode()
    assert "Archivaste $777.00" in page
    assert (of(row).state, of(row).archive_reason) == ("archived", "Traspaso propio")
    desk.post(f"{GUIDED}deshacer/", 200, True, last=f"shelved:{row.pk}")
    assert of(row).state == "pending"


def test_what_is_no_collection_goes_to_an_account(desk: BankDesk) -> None:
    reason = desk.reason()
    row = desk.decided(desk.moved(-5_800, "COMISION"), outcome=Outcome.NOT_RECEIVABLE, reasons=[FEE])
    page = desk.get(GUIDED)
    assert "¿A qué cuenta va?" in page
    assert reason.name in page
    assert desk.post(f"{GUIDED}{row.pk}/ajustar/", 409, True, reason="").status_code == 409
    desk.post(f"{GUIDED}{row.pk}/ajustar/", reason=str(reason.pk), **fields(page))
    assert of(row).state == "reconciled"


def test_a_comment_stays_with_its_movement(desk: BankDesk) -> None:
    row = desk.proposed(desk.owes(116_000))
    page = desk.post(f"{GUIDED}{row.pk}/comentar/", 200, True, text=f"Preguntar {HOSTILE}").content.decode()
    assert stage_of(page) == str(row.pk)
    assert "Preguntar" in page
    assert "<img src=x" not in page
    assert MovementComment.objects.get().text.startswith("Preguntar")
    desk.post(f"{GUIDED}{row.pk}/comentar/", 409, True, text=" ")


def test_a_walk_through_one_level_stays_in_it(desk: BankDesk) -> None:
    desk.proposed(desk.owes(10_000))
    likely = desk.proposed(desk.owes(40_000), vetoes=["sibling"])
    page = desk.get(f"{GUIDED}?level=2")
    assert stage_of(page) == str(likely.pk)
    assert "<b>1</b> de 1" in page
    answer = desk.post(f"{GUIDED}{likely.pk}/aceptar/?level=2", choice="0", **fields(page))
    assert "level=2" in answer.headers["Location"]
    assert "No queda nada" in desk.get(answer.headers["Location"])


def test_a_doubtful_row_is_not_walked_through(desk: BankDesk) -> None:
    desk.moved(10_000, doubt="same_text")
    assert "No queda nada" in desk.get(GUIDED)


# Many at once


def test_the_preview_says_what_would_happen_and_changes_nothing(desk: BankDesk) -> None:
    twice = desk.owes(50_000)
    first = desk.proposed(twice, on=TODAY - timedelta(days=3))
    second = desk.proposed(twice, on=TODAY - timedelta(days=2))
    desk.proposed(desk.owes(30_000), vetoes=["payer_unknown"])
    page = desk.get(f"{MANY}vista-previa/?level=3")
    assert "$1,000.00" in page
    ticked = re.findall(r'name="id" value="([^"]+)" checked', page)
    assert ticked == [str(first.pk)]
    assert f"{twice.number} ya lo paga otro de esta lista." in page
    assert str(second.pk) in page
    assert not Match.objects.exists()


def test_what_was_ticked_is_accepted_and_undone_together(desk: BankDesk) -> None:
    documents = [desk.owes(10_000 * n) for n in (1, 2, 3)]
    rows = [desk.proposed(document) for document in documents]
    page = desk.get(f"{MANY}vista-previa/?level=3")
    seen = re.findall(r'name="seen" value="([^"]+)"', page)
    BankMovement.objects.filter(pk=rows[2].pk).update(version=99)
    answer = desk.post(f"{MANY}aceptar/?level=3", 200, id=[str(row.pk) for row in rows], seen=seen)
    said = answer.content.decode()
    assert "Se conciliaron 2 movimientos por" in said
    assert "Cambiaron mientras mirabas" in said
    assert [of(row).state for row in rows] == ["reconciled", "reconciled", "pending"]
    matches = re.findall(r'name="match" value="([^"]+)"', said)
    desk.post(f"{MANY}deshacer/", match=matches)
    assert {of(row).state for row in rows} == {"pending"}
    again = desk.get(f"{MANY}vista-previa/?level=3")
    part = {"id": [str(rows[0].pk)], "seen": re.findall(r'name="seen" value="([^"]+)"', again)}
    told = desk.post(f"{MANY}aceptar/", 200, True, **part).json()
    assert (len(told["match"]), told["refused"], told["changed"]) == (1, [], [])
    said = desk.post(f"{MANY}aceptar/", 200, match=told["match"], refused=[f"{rows[1].pk}|No se pudo {HOSTILE}"])
    assert "Se concilió 1 movimiento por" in said.content.decode()
    assert "No se pudo" in said.content.decode()
    assert "<img src=x" not in said.content.decode()
    desk.post(f"{MANY}deshacer/", match=told["match"])
    for document in documents:
        before = document.balance
        document.refresh_from_db()
        assert document.balance == before


def test_a_selection_of_the_list_is_previewed(desk: BankDesk) -> None:
    row = desk.proposed(desk.owes(10_000))
    desk.proposed(desk.owes(20_000))
    page = desk.post(f"{MANY}vista-previa/?state=waiting", 200, id=[str(row.pk)]).content.decode()
    assert re.findall(r'name="id" value="([^"]+)"', page) == [str(row.pk)]
    assert desk.post(f"{MANY}vista-previa/?state=waiting", id=["x"]).status_code == 302


def test_many_are_archived_brought_back_adjusted_and_assigned(desk: BankDesk) -> None:
    reason = desk.reason()
    rows = [desk.moved(-1_000 * n, "COMISION") for n in (1, 2, 3)]
    ids = [str(row.pk) for row in rows[:2]]
    desk.post(f"{MANY}archivar/?state=waiting", **{"id": ids, "archive-reason": "No es nuestro"})
    assert [of(row).state for row in rows] == ["archived", "archived", "pending"]
    desk.post(f"{MANY}desarchivar/?state=archived", all="1")
    assert {of(row).state for row in rows} == {"pending"}
    desk.post(f"{MANY}responsable/?state=waiting", id=ids, user=str(desk.owner.pk))
    assert [of(row).assigned_to_id for row in rows] == [desk.owner.pk, desk.owner.pk, None]
    desk.post(f"{MANY}ajustar/?state=waiting", all="1", reason=str(reason.pk))
    assert {of(row).state for row in rows} == {"reconciled"}
    desk.post(f"{MANY}ajustar/?state=waiting", all="1", reason="")


# Who may


def test_who_only_looks_sees_the_inbox_and_nothing_to_press(desk: BankDesk) -> None:
    row = desk.proposed(desk.owes(10_000))
    client = signed_in(desk.company, "luz@ejemplo.mx", Role.AUDITOR)
    page = client.get(INBOX).content.decode()
    assert "FAC-101" in page
    assert "row-check" not in page
    assert "/guiada/" not in page
    assert "Aceptar" not in page
    assert client.get(GUIDED).status_code == 403
    assert client.post(f"{GUIDED}{row.pk}/aceptar/").status_code == 403
    assert client.post(f"{MANY}aceptar/").status_code == 403


def test_a_restricted_person_sees_only_the_own_portfolio(desk: BankDesk) -> None:
    row = desk.proposed(desk.owes(10_000))
    client = signed_in(desk.company, "leo@ejemplo.mx", Role.FINANCE)
    Membership.objects.filter(user__email="leo@ejemplo.mx").update(own_portfolio_only=True)
    assert "FAC-101" not in client.get(ALL).content.decode()
    assert client.post(f"{GUIDED}{row.pk}/aceptar/").status_code == 404
    assert "No queda nada" in client.get(GUIDED).content.decode()


def test_another_company_sees_none_of_it(desk: BankDesk) -> None:
    row = desk.proposed(desk.owes(10_000))
    other = make_company("Otra Empresa", "OTR010203AB1", slug="otra")
    client = signed_in(other, "otra@ejemplo.mx")
    for path in (f"/e/otra/conciliacion/guiada/?m={row.pk}", f"/e/otra/conciliacion/guiada/{row.pk}/aceptar/"):
        assert client.get(path).status_code in (404, 405)
    assert client.post(f"/e/otra/conciliacion/guiada/{row.pk}/aceptar/").status_code == 404
    assert "FAC-101" not in client.get("/e/otra/conciliacion/movimientos/").content.decode()


# Words


def test_every_question_of_the_engine_has_its_place_and_its_words() -> None:
    vetoes, kinds = set(sentences.VETOES), set(sentences.KINDS) - {"return", "duplicate"}  # these happen by themselves
    assert vetoes <= set(standing.ORDER)
    assert vetoes | kinds <= set(inbox.GROUP_OF)
    assert set(inbox.GROUP_OF) <= set(inbox_words.WHY)
    assert set(inbox.GROUPS) | {inbox.DOUBT, inbox.UNDECIDED, inbox.REST} == set(inbox_words.GROUPS)
    assert all(len(code) <= 24 for code in inbox.GROUP_OF)
