"""Bring the demo's company to life through the same operations as any company: people, papers, customers, money."""

from __future__ import annotations

import csv
import io
import tempfile
import uuid
from collections.abc import Callable, Iterable
from datetime import date, datetime
from pathlib import Path

from aldia.customers.models import ContactRole, Customer
from aldia.customers.operations import contacts, credit_lines, portfolios
from aldia.customers.operations.customers import Details, update_customer
from aldia.demo.bad_files import bad_files
from aldia.demo.banking import bank
from aldia.demo.billing import bill
from aldia.demo.cast import make_cast
from aldia.demo.claims import claim
from aldia.demo.collecting import collect
from aldia.demo.generator import DEMO_SEED, demo_credentials, generate, write_zip
from aldia.demo.issued import GeneratedFile
from aldia.demo.moments import play
from aldia.demo.paying import draft_rules, open_till, pay
from aldia.demo.people import DemoCast, DemoCustomer
from aldia.demo.reminding import remind
from aldia.documents.operations.batches import create_batch
from aldia.documents.operations.seals import add_certificate, trust_certificate, verify_pending
from aldia.integrations.stamping.certificates import Credentials
from aldia.receivables.opening_rows import read_openings
from aldia.receivables.operations.intake import run_batch
from aldia.receivables.operations.opening import apply_opening
from aldia.receivables.operations.switching import switch_on
from aldia.tenancy.models import Company, Role, User
from aldia.tenancy.operations.companies import create_company
from aldia.tenancy.operations.invitations import accept_invitation, invite_person
from aldia.tenancy.operations.registering import register_person
from aldia.tenancy.scope import company_scope
from aldia.tenancy.storage import store

PASSWORD = "aldia-de-ejemplo"  # noqa: S105  (printed on screen: it opens invented data on this machine)
OWNER = "duena@tresrios.example"
STAFF = (
    ("finanzas@tresrios.example", "Renata Villaseñor", Role.FINANCE),
    ("auditor@tresrios.example", "Gonzalo Iturbe", Role.AUDITOR),
)
_ROLES = {
    "cobranza": ContactRole.COLLECTIONS,
    "facturación": ContactRole.BILLING,
    "dirección": ContactRole.MANAGEMENT,
}
Say = Callable[[str], None]


def find_demo() -> Company | None:
    """The demo's company, if this house has it already."""
    return Company.objects.filter(tax_id=make_cast(seed=DEMO_SEED, today=date(2026, 1, 1)).company.rfc).first()


def load_demo(
    *, today: date, now: Callable[[], datetime], keys: Path, say: Say, documents: int = 3000, customers: int = 120
) -> Company:
    """Make the company and all that happened to it. `keys`: where its certificates are kept."""
    cast = make_cast(seed=DEMO_SEED, today=today, customers=customers)
    say("Creando la empresa y su gente")
    owner = register_person(email=OWNER, password=PASSWORD, name="Mariana Treviño")
    company = create_company(owner=owner, legal_name=cast.company.name, tax_id=cast.company.rfc, trade_name="Tres Ríos")
    with company_scope(company.pk):
        _invite_staff(cast, owner, now())
        credentials = demo_credentials(keys, cast)
        _trust(credentials, owner)
        say(f"Haciendo y leyendo unos {documents:,} CFDI sellados de año y medio")
        _import_story(cast, credentials, owner, today=today, now=now, documents=documents)
        say("Clientes: contactos, plazos, líneas de crédito, carteras")
        found = _equip_customers(cast, owner, today)
        on = [row for person, row in found if person.is_on]
        switch_on(customer_ids=[row.pk for row in on], today=today, actor=owner)
        say("Lo que pasa en cualquier oficina: pagos, saldos iniciales, pausas, notas de cobro")
        _open_balances(cast, [person for person, _row in found if person.is_on], owner, today)
        play(on, owner, today=today)
        claim(owner, today=today)
        say("Pagos por liga y por CLABE en el proveedor de prueba")
        till = open_till(on, owner, now=now())
        pay(till, owner, now=now())
        draft_rules(owner)
        say("Cuentas de banco, estados de cuenta y conciliación")
        bank(cast, owner, today=today, now=now())
        say("Sello, PAC de prueba, complementos y documentos que se repiten")
        bill(cast, on, credentials, owner, now=now(), today=today)
        say("Recordatorios de las últimas semanas, al buzón de prueba")
        remind(on, owner, today=today, now=now())
        say("Llamadas, metas, crédito y el primer pronóstico")
        collect(owner, today=today)
        say("Verificando sellos y timbres")
        while verify_pending(limit=1000):
            pass
    return company


def _invite_staff(cast: DemoCast, owner: User, now: datetime) -> None:
    """The staff and the collectors, invited by the owner."""
    staff = [*STAFF, *((p.email, p.collector, Role.COLLECTOR) for p in cast.portfolios)]
    for email, name, role in staff:
        person = register_person(email=email, password=PASSWORD, name=name)
        only_own = role == Role.COLLECTOR
        _invitation, token = invite_person(actor=owner, email=email, role=role, own_portfolio_only=only_own, now=now)
        accept_invitation(user=person, token=token, now=now)


def _trust(credentials: Credentials, owner: User) -> None:
    """The demo's own authority, and the certificates it issued."""
    for authority in credentials.authorities():
        trust_certificate(data=authority)
    for credential in (credentials.pac, *credentials.seals.values()):
        add_certificate(data=credential.cer, actor=owner)


def _import_story(
    cast: DemoCast,
    credentials: Credentials,
    owner: User,
    *,
    today: date,
    now: Callable[[], datetime],
    documents: int,
) -> None:
    files = generate(
        seed=DEMO_SEED, today=today, customers=len(cast.customers), documents=documents, credentials=credentials
    )
    _import("CFDI de los últimos 18 meses.zip", files, owner, today=today, now=now)
    _import("Archivos con problemas.zip", bad_files(cast), owner, today=today, now=now)


def _import(
    name: str, files: Iterable[GeneratedFile], owner: User, *, today: date, now: Callable[[], datetime]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cfdi.zip"
        write_zip(path, files)
        with path.open("rb") as stream:
            stored = store(name, stream, content_type="application/zip")
    batch = create_batch(file=stored, name=name, actor=owner)
    run_batch(batch_id=batch.pk, now=now, today=today)


def _open_balances(cast: DemoCast, people: list[DemoCustomer], owner: User, today: date) -> None:
    """What customers already owed before the first document, from a sheet as the company would type it."""
    names = {person.rfc for person in people}
    rows = [each.as_row() for each in cast.opening_balances if each.rfc in names]
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, fieldnames=list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    openings = read_openings(sheet.getvalue().encode(), country="MX", home="MXN", decimal=".")
    apply_opening(rows=openings, today=today, actor=owner, name="Saldos iniciales.csv")


def _equip_customers(cast: DemoCast, owner: User, today: date) -> list[tuple[DemoCustomer, Customer]]:
    """Give the customers that the papers brought what no paper says of them."""
    collectors = dict(User.objects.values_list("email", "pk"))
    ids = {
        each.name: portfolios.create_portfolio(name=each.name, collector_id=collectors[each.email], actor=owner).pk
        for each in cast.portfolios
    }
    rows = {(row.tax_id, row.foreign_id): row for row in Customer.objects.all()}
    found = []
    for person in cast.customers:
        row = rows.get((person.rfc, person.party.foreign_id))
        if row is not None:
            found.append((person, _equip(person, row, ids[person.portfolio], owner, today)))
    return found


def _equip(person: DemoCustomer, row: Customer, portfolio_id: uuid.UUID, owner: User, today: date) -> Customer:
    details = Details(
        legal_name=row.legal_name, trade_name=person.name, term_days=person.credit_days, portfolio_id=portfolio_id
    )
    row = update_customer(customer_id=row.pk, version=row.version, details=details, today=today, actor=owner)
    for contact in person.contacts:
        human = contacts.Person(
            name=contact.name,
            role=_ROLES[contact.role],
            email=contact.email,
            phone=contact.phone,
            whatsapp=contact.whatsapp,
        )
        contacts.add_contact(customer_id=row.pk, person=human, primary=contact.is_primary, actor=owner)
    if person.credit_limit_minor:
        line = credit_lines.Terms("Línea principal", person.currency, person.credit_limit_minor, person.credit_days)
        credit_lines.add_credit_line(customer_id=row.pk, terms=line, actor=owner)
    return row
