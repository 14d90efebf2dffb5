"""Pages of reports: figures that lead to their rows, filters that never break, files, and who may see what."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest
from django.test import Client
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from aldia.customers.models import Customer, Portfolio
from aldia.receivables.models import Receivable
from aldia.tenancy.models import Company, Membership, Role
from aldia.tenancy.scope import company_scope
from aldia.web import clock
from tests.cast import make_company, make_customer, make_user
from tests.support.books import Books

PAGES = (
    "inicio/",
    "inicio/grafica/",
    "inicio/indicadores/",
    "reportes/antiguedad/",
    "reportes/vencidos/",
    "reportes/indicadores/",
    "reportes/recordatorios/",
    "reportes/recordatorios/?by=channel&days=30",
    "reportes/recordatorios/detalle/?key=email&by=channel&side=others",
    "reportes/cobradores/",
    "reportes/cobradores/?by=portfolio&period=year",
    "inicio/cifras/",
    "inicio/lo-que-viene/",
    "reportes/indicadores/meses/",
    "reportes/indicadores/meses/?months=24&key=turnover",
    "reportes/estado-de-cuenta/",
    "reportes/detalle/?what=owed",
)
FILES = (
    "reportes/antiguedad.xlsx",
    "reportes/antiguedad.pdf",
    "reportes/indicadores.xlsx",
    "reportes/indicadores/meses.xlsx",
)


@pytest.fixture
def company(db: None, monkeypatch: pytest.MonkeyPatch) -> Company:
    monkeypatch.setattr(clock, "today", lambda company: date(2026, 11, 21))
    return make_company(slug="tres-rios")


@pytest.fixture
def client(company: Company) -> Client:
    client = Client()
    client.force_login(make_user("ana@example.com", company))
    return client


@pytest.fixture
def books(company: Company) -> Iterator[Books]:
    with company_scope(company.id):
        yield Books(company, 5).live_on(60)


class Links(HTMLParser):
    """Addresses of a page with the text inside each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self._open: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._open = dict(attrs).get("href")
            if self._open:
                self.found.setdefault(self._open, "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._open = None

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found[self._open] += data


def get(client: Client, path: str) -> str:
    answer = client.get(f"/e/tres-rios/{path}")
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_each_page_opens_empty_and_full(client: Client, company: Company, path: str) -> None:
    get(client, path)
    with company_scope(company.id):
        Books(company, 3).live_on(30)
    get(client, path)


def test_a_new_company_sees_the_road(client: Client) -> None:
    said = get(client, "inicio/")
    assert [word in said for word in ("Sube tus CFDI", "Prende a tus clientes", "Mira quién te debe")] == [True] * 3


@pytest.mark.parametrize(
    "path", ["inicio/", "reportes/antiguedad/", "reportes/antiguedad/?as_of=2026-09-15&by=portfolio"]
)
def test_each_figure_leads_to_rows_that_sum_to_it(client: Client, books: Books, path: str) -> None:
    figures = {url: text for url, text in Links(get(client, path)).found.items() if "/reportes/detalle/" in url}
    assert len(figures) >= 5
    for url, text in figures.items():
        answer = client.get(url)
        assert answer.status_code == 200
        amounts = [f"{each.amount / 100:,.2f}" for each in answer.context["sums"]]
        rows = answer.context["rows"]
        for each in answer.context["sums"]:
            assert each.amount == sum(row["row"].figure for row in rows if row["row"].currency == each.currency)
        is_empty = not amounts and ("$0.00" in text or text == "—")
        assert is_empty or any(amount in text for amount in amounts), (url, text)


def test_the_same_figures_on_screen_in_excel_and_on_paper(client: Client, books: Books) -> None:
    query = "?as_of=2026-10-01&ranges=15,45&by=customer"
    screen = client.get(f"/e/tres-rios/reportes/antiguedad/{query}").context["found"]
    total = screen.totals[0]
    stream = b"".join(client.get(f"/e/tres-rios/reportes/antiguedad.xlsx{query}").streaming_content)  # type: ignore[attr-defined]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(stream)).get_sheet_by_index(0).to_python()
    line = next(row for row in sheet if row[0] == f"Total {total.currency}")
    assert line[3:] == [each / 100 for each in (*total.buckets, total.overdue, total.total)]
    paper = client.get(f"/e/tres-rios/reportes/antiguedad.pdf{query}")
    assert paper["Content-Type"] == "application/pdf"
    said = " ".join(PdfReader(io.BytesIO(paper.content)).pages[0].extract_text().split())
    assert " ".join(f"{each / 100:,.2f}" for each in (*total.buckets, total.overdue, total.total)) in said


BAD = (
    "as_of=ayer",
    "as_of=0001-01-01",
    "as_of=9999-12-31",
    "as_of=2026-02-30",
    "ranges=30,20",
    "ranges=1,2,3,4,5,6,7,8,9,10,11,12,13",
    "ranges=٣٠",
    "ranges=%00",
    "by=nada",
    "currency=XXX",
    "currency=%27%3B",
    "portfolio=no",
    "page=99999999999999999999",
    "page=-1",
    "sort=%3Cscript%3E",
    "off=7",
    "first=2026-11-30&last=2026-01-01",
    "first=1990-01-01&last=2100-12-31",
    "period=siempre",
    "late_from=99999&late_to=x&bucket=99&tab=zz&kind=zz&number=%25",
    "issued_from=9999-99-99&due_to=1800-01-01",
)


def test_bad_parameters_are_never_an_error(client: Client, books: Books) -> None:
    customer = books.customers[0].id
    pages = (*PAGES[:-1], f"clientes/{customer}/estado-de-cuenta/")
    files = (*FILES, f"clientes/{customer}/estado-de-cuenta.xlsx", f"clientes/{customer}/estado-de-cuenta.pdf")
    for query in BAD:
        for path in (*pages, *files):
            answer = client.get(f"/e/tres-rios/{path}?{query}")
            assert answer.status_code == 200, (path, query)


def test_a_wrong_range_is_said(client: Client, books: Books) -> None:
    assert "Los rangos son días de atraso" in get(client, "reportes/antiguedad/?ranges=30,20")
    assert "«ayer» no es una fecha" in get(client, "reportes/antiguedad/?as_of=ayer")
    assert client.get("/e/tres-rios/reportes/detalle/?what=todo").status_code == 404


def test_the_statement_shows_the_account(client: Client, books: Books) -> None:
    for customer in books.customers:
        answer = client.get(f"/e/tres-rios/clientes/{customer.id}/estado-de-cuenta/?period=all&tab=all")
        found = answer.context["found"]
        with company_scope(books.company.id):
            for part in found.currencies:
                rows = Receivable.objects.filter(customer=customer, currency=part.currency)
                assert part.closing == sum(row.balance for row in rows)
                assert len(part.documents) == rows.count()


def test_a_collector_sees_only_the_own_portfolio(company: Company) -> None:
    user = make_user("cobra@example.com", company, Role.COLLECTOR)
    with company_scope(company.id):
        Membership.objects.filter(user=user).update(own_portfolio_only=True)
        own = Portfolio.objects.create(company=company, name="Propia", collector=user)
        mine = make_customer(company, "Cliente Mío", "MIO010203AB1", portfolio=own)
        other = make_customer(company, "Cliente Ajeno", "AJE010203AB1")
        _charge(mine)
        _charge(other)
    client = Client()
    client.force_login(user)
    for path in ("inicio/", "reportes/antiguedad/", "reportes/vencidos/", "reportes/estado-de-cuenta/"):
        said = get(client, path)
        assert "Cliente Mío" in said
        assert "Ajeno" not in said
    assert client.get(f"/e/tres-rios/clientes/{other.id}/estado-de-cuenta/").status_code == 404
    assert client.get(f"/e/tres-rios/clientes/{other.id}/estado-de-cuenta.pdf").status_code == 404
    said = get(client, f"reportes/detalle/?what=owed&customer={other.id}")
    assert "Ajeno" not in said


def test_another_company_has_nothing_here(client: Client, books: Books) -> None:
    other = make_company("Otra", "OTR010203AB1", slug="otra")
    with company_scope(other.id):
        theirs = make_customer(other, "Suya", "SUY010203AB1")
        _charge(theirs)
    assert client.get("/e/otra/reportes/antiguedad/").status_code == 404
    assert client.get(f"/e/tres-rios/clientes/{theirs.id}/estado-de-cuenta/").status_code == 404
    assert "Suya" not in get(client, f"reportes/detalle/?what=owed&customer={theirs.id}")


def test_hostile_names_are_text(client: Client, company: Company) -> None:
    with company_scope(company.id):
        _charge(make_customer(company, "<script>alert(1)</script>", "HOS010203AB1"))
    for path in ("inicio/", "reportes/antiguedad/", "reportes/vencidos/", "reportes/estado-de-cuenta/?q=%3Cscript%3E"):
        assert "<script>alert" not in get(client, path)


def _charge(customer: Customer) -> None:
    from aldia.domain.money import Money
    from aldia.receivables.operations.charges import open_charge
    from aldia.tenancy.ids import uuid7

    day = date(2026, 11, 21)
    open_charge(
        customer_id=customer.id, kind="charge_note", total=Money(12_345, "MXN"), issued_on=day - timedelta(days=60),
        due_on=day - timedelta(days=30), concept="", key=uuid7(), actor=None,
    )  # fmt: skip


# -- big files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "limit"),
    [
        ("reportes/antiguedad.xlsx?as_of=2026-10-01&ranges=15,45", "aldia.reporting.exports.AT_ONCE"),
        ("reportes/antiguedad.pdf", "aldia.reporting.papers.MAX_ROWS"),
        ("reportes/detalle.xlsx?what=owed&as_of=2026-10-01", "aldia.reporting.exports.AT_ONCE"),
    ],
)
def test_a_big_file_is_made_by_a_job(
    client: Client, books: Books, monkeypatch: pytest.MonkeyPatch, path: str, limit: str
) -> None:
    address = f"/e/tres-rios/{path}"
    at_once = client.get(address)
    small = b"".join(at_once.streaming_content) if at_once.streaming else at_once.content  # type: ignore[attr-defined]
    monkeypatch.setattr(limit, 0)
    assert "Preparar archivo" in client.get(address).content.decode()
    asked = client.post(address)
    page = asked["Location"]
    assert "Preparando el archivo" in client.get(page).content.decode()
    assert client.get(f"{page}archivo/").status_code == 404
    _work(page)
    assert "Descargar" in client.get(page, headers={"HX-Request": "true"}).content.decode()
    made = client.get(f"{page}archivo/")
    data = b"".join(made.streaming_content)  # type: ignore[attr-defined]
    assert made["Content-Type"] == at_once["Content-Type"]
    assert _content(data) == _content(small)
    other = Client()
    other.force_login(make_user("otra@example.com", books.company))
    assert other.get(page).status_code == other.get(f"{page}archivo/").status_code == 404


def test_files_of_yesterday_are_deleted(company: Company, settings: object) -> None:
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    from aldia.reporting import exports

    path = default_storage.save(f"exports/{company.pk}/x.xlsx", ContentFile(b"x"))
    now = datetime.now(UTC)
    assert exports.sweep(company, now=now + timedelta(hours=23)) == 0
    assert exports.sweep(company, now=now + timedelta(hours=25)) == 1
    assert not default_storage.exists(path)
    assert exports.sweep(make_company("Otra", "OTR010203AB1"), now=now) == 0


def _work(page: str) -> None:
    """Do the job as the worker does: in the scope of its company, with what was written in its row."""
    import uuid

    from aldia.jobs import reports
    from aldia.queue.models import Job, JobState

    job = Job.objects.get(pk=uuid.UUID(page.rstrip("/").rsplit("/", 1)[-1]))
    assert job.company_id is not None
    with company_scope(job.company_id), pytest.MonkeyPatch.context() as patch:
        patch.setattr(reports, "database_now", lambda: datetime(2026, 11, 21, 18, tzinfo=UTC))
        job.result = reports.make_export.func(*job.payload["args"])
    job.state = JobState.DONE
    job.save()


def _content(data: bytes) -> object:
    if data[:4] == b"%PDF":
        return [page.extract_text() for page in PdfReader(io.BytesIO(data)).pages]
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
