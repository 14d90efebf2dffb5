"""Editing many customers in a sheet: exported, changed, previewed, and applied exactly as previewed."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from aldia.customers import sheets
from aldia.customers.models import Contact, CreditLine, Customer, Portfolio
from aldia.customers.operations import contacts, credit_lines, customers, portfolios
from aldia.customers.operations.bulk_edit import PreviewChanged, apply_changes, preview_changes
from aldia.customers.operations.contacts import Person
from aldia.customers.operations.credit_lines import Terms
from aldia.customers.operations.customers import Details
from aldia.customers.operations.sheet_changes import Rules
from aldia.integrations.spreadsheets import Sheet, SheetError, read_rows, write_csv, write_xlsx
from aldia.reminders.models import RuleAssignment
from aldia.reminders.operations.customer_sheets import apply_sheet
from aldia.reminders.operations.rules import RuleWords, create_rule, ensure_default_rule
from aldia.reminders.queries import followers
from aldia.tenancy.models import AuditEvent, Company
from aldia.tenancy.scope import company_scope

TODAY = date(2026, 11, 21)
HEAD = [headings[0] for headings in sheets.HEADINGS.values()]
BLANK = dict.fromkeys(sheets.HEADINGS, "")


@pytest.fixture
def company(db):
    company = Company.objects.create(slug="norte", legal_name="Comercial del Norte", tax_id="CNO010101AB1")
    with company_scope(company.pk):
        yield company


@pytest.fixture
def aceros(company):
    customer = make("ACE010101AB1", "Aceros del Norte", term_days=30)
    contacts.add_contact(customer_id=customer.pk, person=Person(email="ana@example.com", name="Ana"), actor=None)
    credit_lines.add_credit_line(customer_id=customer.pk, terms=Terms("General", "MXN", 100_000_00), actor=None)
    return customer


def make(tax_id, name, **details):
    return customers.create_customer(tax_id=tax_id, details=Details(name, **details), actor=None)


def exported():
    """The rows of the sheet as they would be downloaded, by field."""
    rows = sheets.current_rows(Customer.objects.order_by("id"))
    return [dict(zip(sheets.HEADINGS, row.cells(), strict=True)) for row in rows]


def xlsx(rows):
    stream = io.BytesIO()
    cells = [[row[name] for name in sheets.HEADINGS] for row in rows]
    write_xlsx(stream, [Sheet("Clientes", sheets.columns(["Norte"]), cells)])
    return stream.getvalue()


def lines(*rows):
    return "\n".join(rows).encode()


def preview(data, **rules):
    return preview_changes(data=data, customers=Customer.objects.all(), rules=Rules(**rules))


def apply(data, token, **rules):
    return apply_changes(
        data=data, customers=Customer.objects.all(), rules=Rules(**rules), token=token, today=TODAY, actor=None
    )


def told(row):
    return {change.field: (change.before, change.after) for change in row.changes}


# A round trip


@pytest.mark.parametrize("write", [write_xlsx, write_csv])
def test_a_sheet_that_was_not_touched_changes_nothing(aceros, write):
    portfolio = portfolios.create_portfolio(name="Norte", actor=None)
    make("PEN010101AB1", "=Peñón & Cía", portfolio_id=portfolio.pk)
    make("XAXX010101000", "Público en general")
    make("XEXX010101000", "Acme")
    make("XEXX010101000", "Widgets")
    stream = io.BytesIO()
    rows = [each.cells() for each in sheets.current_rows(Customer.objects.order_by("id"))]
    sheet = Sheet("Clientes", sheets.columns(["Norte"]), rows)
    write(stream, [sheet] if write is write_xlsx else sheet)
    seen = preview(stream.getvalue())
    assert (seen.rows, seen.unchanged) == ((), 5)


RULES = ("General", "Clientes grandes", sheets.NO_REMINDERS)


@pytest.mark.parametrize(
    ("cell", "followed", "told_as"),
    [
        ("clientes GRANDES", {}, ("General", "Clientes grandes")),
        ("Sin recordatorios", {}, ("General", "Sin recordatorios")),
        ("General", "Clientes grandes", ("Clientes grandes", "General")),
        ("General", {}, None),
        ("", "Clientes grandes", None),
    ],
)
def test_the_rule_of_reminders_is_a_cell_like_any_other(aceros, cell, followed, told_as):
    (row,) = exported()
    own = {aceros.pk: followed} if followed else {}
    seen = preview(xlsx([row | {"reminder": cell}]), reminders=RULES, reminder_of=own)
    assert [told(each) for each in seen.rows] == ([{"reminder": told_as}] if told_as else [])
    applied = apply(xlsx([row | {"reminder": cell}]), seen.token, reminders=RULES, reminder_of=own)
    assert applied.reminders == ({told_as[1]: [aceros.pk]} if told_as else {})


def test_an_unknown_rule_and_a_role_that_may_not_are_sentences(aceros):
    (row,) = exported()
    data = xlsx([row | {"reminder": "Otra"}])
    assert "no hay una regla de recordatorios «Otra»" in preview(data, reminders=RULES).rows[0].errors[0]
    assert "tu papel no permite" in preview(data, reminders=RULES, may_remind=False).rows[0].errors[0]


def test_what_the_sheet_says_of_reminders_is_assigned(aceros):
    general, other = ensure_default_rule(), create_rule(words=RuleWords("Clientes grandes"), actor=None)
    (row,) = exported()
    for name, rule in (("Clientes grandes", other.pk), (sheets.NO_REMINDERS, None)):
        data = xlsx([row | {"reminder": name}])
        asked = Rules(
            reminders=followers.names_to_follow(sheets.NO_REMINDERS),
            reminder_of=followers.names_followed(sheets.NO_REMINDERS),
        )
        call = {"data": data, "customers": Customer.objects.all(), "rules": asked}
        apply_sheet(token=preview_changes(**call).token, today=date(2026, 11, 21), actor=None, **call)
        assert RuleAssignment.objects.get().rule_id == rule
    call["data"] = xlsx([row | {"reminder": general.name}])
    call["rules"] = replace(asked, reminder_of=followers.names_followed(sheets.NO_REMINDERS))
    apply_sheet(token=preview_changes(**call).token, today=date(2026, 11, 21), actor=None, **call)
    assert not RuleAssignment.objects.exists()


def test_each_change_is_shown_and_then_written(aceros):
    portfolios.create_portfolio(name="Norte", actor=None)
    (row,) = exported()
    row |= {"email": "Luz@Example.com", "term_days": 45, "collecting": "Sí"}
    row |= {"portfolio": "norte", "limit": "250,000.50"}
    seen = preview(xlsx([row]))
    (change,) = seen.rows
    assert told(change) == {
        "email": ("ana@example.com", "luz@example.com"),
        "term_days": ("30", "45"),
        "collecting": ("Apagado", "Prendido"),
        "portfolio": ("", "Norte"),
        "limit": ("100,000.00 MXN", "250,000.50 MXN"),
    }
    assert [each.customer_id for each in seen.switching(True)] == [aceros.pk]
    assert Customer.objects.get().term_days == 30

    applied = apply(xlsx([row]), seen.token)
    customer = Customer.objects.get()
    assert (applied.edited, applied.created, applied.on, applied.off) == (1, 0, [aceros.pk], [])
    assert (customer.term_days, customer.portfolio.name, customer.version) == (45, "Norte", 2)
    assert customer.collecting is False  # switching opens receivables: it is the caller's
    assert (Contact.objects.get().email, Contact.objects.get().name) == ("luz@example.com", "Ana")
    assert CreditLine.objects.get().limit_minor == 250_000_50
    event = AuditEvent.objects.get(verb="customers.sheet_applied")
    assert event.detail["customers"][str(aceros.pk)]["term_days"] == ["30", "45"]


def test_empty_cells_clear_and_missing_columns_leave(aceros):
    (row,) = exported()
    row |= {"email": "", "term_days": None, "limit": None, "collecting": ""}
    seen = preview(xlsx([row]))
    assert told(seen.rows[0]) == {"email": ("ana@example.com", ""), "term_days": ("30", "")}
    only_term = preview(lines("RFC;Plazo", "ACE010101AB1;60"))
    assert told(only_term.rows[0]) == {"term_days": ("30", "60")}


def test_a_customer_without_contact_or_line_gets_them(company):
    make("PEN010101AB1", "Peñón")
    data = lines("RFC;Correo;Límite;Moneda", "PEN010101AB1;a@example.com;1500;USD")
    apply(data, preview(data).token)
    assert Contact.objects.get().is_primary is True
    line = CreditLine.objects.get()
    assert (line.name, line.limit_minor, line.currency, line.is_default) == ("General", 1500_00, "USD", True)


def test_what_is_missing_is_created_when_asked(company):
    data = lines("RFC;Nombre;Cartera;Prendido;Plazo", "NVO010101AB1;Nuevo SA;Sur;Sí;15")
    assert "Marca «crear los que falten»" in preview(data).failed[0].errors[0]
    seen = preview(data, create_missing=True)
    assert seen.rows[0].is_new
    applied = apply(data, seen.token, create_missing=True)
    customer = Customer.objects.get()
    assert (applied.created, applied.on) == (1, [customer.pk])
    assert (customer.legal_name, customer.portfolio.name, customer.term_days) == ("Nuevo SA", "Sur", 15)
    assert "nuevo sa" in customer.search


# Exactly what was previewed


def test_a_change_in_between_is_refused_and_writes_nothing(aceros):
    (row,) = exported()
    data = xlsx([row | {"term_days": 45}])
    seen = preview(data)
    customers.update_customer(
        customer_id=aceros.pk, version=1, details=Details("Aceros del Norte", term_days=60), today=TODAY, actor=None
    )
    with pytest.raises(PreviewChanged, match="Algo cambió"):
        apply(data, seen.token)
    assert Customer.objects.get().term_days == 60


def test_another_file_or_a_second_time_is_refused(aceros):
    (row,) = exported()
    data = xlsx([row | {"term_days": 45}])
    token = preview(data).token
    with pytest.raises(PreviewChanged):
        apply(xlsx([row | {"term_days": 46}]), token)
    apply(data, token)
    with pytest.raises(PreviewChanged):
        apply(data, token)
    assert Customer.objects.get().term_days == 45


def test_a_sheet_exported_before_another_edit_shows_what_it_would_undo(aceros):
    (row,) = exported()
    customers.update_customer(
        customer_id=aceros.pk, version=1, details=Details("Aceros del Norte", term_days=60), today=TODAY, actor=None
    )
    assert told(preview(xlsx([row])).rows[0]) == {"term_days": ("60", "30")}


def test_rows_with_errors_stay_as_they_are_and_the_others_are_written(aceros):
    make("PEN010101AB1", "Peñón")
    data = lines("RFC;Plazo", "ACE010101AB1;nunca", "PEN010101AB1;15")
    seen = preview(data)
    applied = apply(data, seen.token)
    assert (len(seen.failed), applied.edited) == (1, 1)
    assert sorted(Customer.objects.values_list("term_days", flat=True)) == [15, 30]


# Sentences


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"email": "no es"}, "Fila 2, columna «Correo»: «no es» no es un correo válido."),
        ({"term_days": "nunca"}, "Fila 2, columna «Días de crédito»: «nunca» no es un número entero."),
        ({"term_days": -1}, "Fila 2, columna «Días de crédito»: -1 está fuera de lo admitido: de 0 a 3,650."),
        ({"collecting": "quizá"}, "Fila 2, columna «Prendido»: «quizá» no es Sí ni No."),
        ({"portfolio": "=1+1"}, "Fila 2, columna «Cartera»: no hay una cartera «=1+1»"),
        ({"limit": "mucho"}, "Fila 2, columna «Límite de crédito»: «mucho» no es un importe"),
        ({"limit": "10.005"}, "tiene demasiados decimales"),
        ({"currency": "PESOS"}, "Fila 2, columna «Moneda del límite»: «PESOS» no es una moneda conocida"),
        ({"id": "7"}, "«7» no es un identificador nuestro."),
        ({"id": "01990000-0000-7000-8000-000000000000"}, "Fila 2: el cliente de esta fila ya no existe"),
        ({"tax_id": "OTR010101AB1"}, "Fila 2: el RFC OTR010101AB1 no es el de Aceros del Norte"),
        ({"id": "", "tax_id": ""}, "Fila 2: falta el RFC."),
        ({"id": "", "tax_id": "NVO010101AB1"}, "Fila 2: no hay un cliente con el RFC NVO010101AB1."),
    ],
)
def test_a_bad_row_is_a_sentence_with_its_row(aceros, change, sentence):
    (row,) = exported()
    seen = preview(xlsx([row | change]))
    (failed,) = seen.rows
    assert any(sentence in error for error in failed.errors), failed.errors
    assert failed.changes == ()


def test_all_bad_cells_of_a_row_are_told_at_once(aceros):
    (row,) = exported()
    seen = preview(xlsx([row | {"email": "no", "term_days": "no", "portfolio": "Otra"}]))
    assert len(seen.rows[0].errors) == 3


def test_the_same_customer_twice_and_foreigners_by_tax_id_alone(aceros):
    make("XEXX010101000", "Acme")
    make("XEXX010101000", "Widgets")
    twice = ("ACE010101AB1;;1", "ace010101ab1;;2", "XEXX010101000;;3", "XEXX010101000;ACME;4")
    seen = preview(lines("RFC;Nombre;Plazo", *twice))
    errors = [error for row in seen.failed for error in row.errors]
    assert errors[0] == "Fila 3: este cliente ya está en la fila 2."
    assert "hay 2 clientes con el RFC XEXX010101000" in errors[1]
    assert [row.name for row in seen.changed] == ["Aceros del Norte", "Acme"]


def test_público_en_general_is_never_switched_on(company):
    make("XAXX010101000", "Público en general")
    seen = preview(lines("RFC;Prendido", "XAXX010101000;Sí"))
    assert "público en general no se cobran" in seen.failed[0].errors[0]


def test_who_may_not_switch_or_move_is_told(aceros):
    portfolios.create_portfolio(name="Norte", actor=None)
    seen = preview(lines("RFC;Prendido;Cartera", "ACE010101AB1;Sí;Norte"), may_switch=False, may_move=False)
    assert [error.split(": ")[1] for error in seen.failed[0].errors] == [
        "tu papel no permite prender ni apagar clientes.",
        "no puedes cambiar la cartera de un cliente.",
    ]


def test_customers_out_of_sight_do_not_exist(aceros):
    (row,) = exported()
    seen = preview_changes(data=xlsx([row | {"term_days": 1}]), customers=Customer.objects.none(), rules=Rules())
    assert "ya no existe o no está en tu cartera" in seen.failed[0].errors[0]


def test_another_companys_customer_does_not_exist(aceros):
    (row,) = exported()
    other = Company.objects.create(slug="sur", legal_name="Sur", tax_id="SUR010101AB1")
    with company_scope(other.pk):
        assert "ya no existe" in preview(xlsx([row | {"term_days": 1}])).failed[0].errors[0]


# Hostile sheets


def test_too_many_rows_are_refused(company):
    rows = ["RFC;Plazo", *(f"AAA{n:06}AB1;1" for n in range(sheets.MAX_ROWS + 2))]
    with pytest.raises(SheetError, match="20,000 filas"):
        preview(lines(*rows))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=20), min_size=10, max_size=10))
def test_any_cells_give_a_preview_that_can_be_applied(company, cells):
    make_known()
    stream = io.BytesIO()
    write_xlsx(stream, [Sheet("Clientes", sheets.columns([]), [cells, ["", "ACE010101AB1", *cells[2:]]])])
    try:
        seen = preview(stream.getvalue(), create_missing=True)
    except SheetError:
        return
    apply(stream.getvalue(), seen.token, create_missing=True)
    assert len(list(read_rows(stream.getvalue()))) >= 1


def make_known():
    if not Customer.objects.exists():
        make("ACE010101AB1", "Aceros")


def test_a_thousand_rows_cost_few_queries(company, django_assert_max_num_queries):
    rows = (f"AAA010101{n:03};Cliente {n};c{n}@example.com;{n % 90};{n}00;Norte" for n in range(1000))
    data = lines("RFC;Nombre;Correo;Plazo;Límite;Cartera", *rows)
    with django_assert_max_num_queries(9):
        seen = preview(data, create_missing=True)
    with django_assert_max_num_queries(65):
        applied = apply(data, seen.token, create_missing=True)
    assert (applied.created, Customer.objects.count(), Contact.objects.count()) == (1000, 1000, 1000)
    assert Portfolio.objects.count() == 1
    again = data.replace(b";Norte", b";Sur")
    with django_assert_max_num_queries(65):
        applied = apply(again, preview(again, create_missing=True).token, create_missing=True)
    assert applied.edited == 1000
