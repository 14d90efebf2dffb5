"""The cast of the demo: the company, its customers and what they are like, suppliers, portfolios, opening balances.

Everything is decided by the seed alone, save the days, which hang from `today`.
"""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from aldia.demo import identities
from aldia.demo.people import (
    Behaviour,
    DemoCast,
    DemoCompany,
    DemoContact,
    DemoCustomer,
    DemoPortfolio,
    DemoSupplier,
    OpeningBalance,
    Role,
)
from aldia.domain.fiscal.drafts import DraftParty

HISTORY_MONTHS = 18
PORTFOLIOS = (
    DemoPortfolio("Valle de México", "Ximena Ocaranza", "ximena@tresrios.example"),
    DemoPortfolio("Bajío y Occidente", "Fermín Zubieta", "fermin@tresrios.example"),
    DemoPortfolio("Norte y frontera", "Citlali Urrutia", "citlali@tresrios.example"),
    DemoPortfolio("Mayoreo y extranjero", "Óscar Landeta", "oscar@tresrios.example"),
)
_PORTFOLIO_OF = {"Ciudad de México": 0, "Toluca": 0, "Puebla": 0, "Veracruz": 0, "Monterrey": 2, "Culiacán": 2}
COMPANY = DemoCompany(
    name="Distribuidora Tres Ríos, S.A. de C.V.",
    party=DraftParty("DTR980623K40", "DISTRIBUIDORA TRES RIOS", "601", "06700", "G01"),
    email="cobranza@tresrios.example",
    phone="+52 55 5550 0142",
    clabe="012180001234567899",
    bank_rfc="BBA830831LJ2",
    representative_rfc="OAZX710908QC9",
)
_FOREIGNERS = (
    ("Harbor & Pine Supply LLC", "USA", "98-7654321"),
    ("Distribuciones Ixcán, S.A.", "GTM", "4512378-9"),
)


def make_cast(*, seed: int, today: date, customers: int = 120) -> DemoCast:
    """The cast of a seed. `customers` at least 12 (two of them are foreign)."""
    if not 12 <= customers <= 20_000:
        raise ValueError("customers: between 12 and 20,000")
    rng = Random(f"{seed}:cast")  # noqa: S311  (a story, not a secret)
    last_day = today - timedelta(days=1)
    first_day = _months_before(today, HISTORY_MONTHS)
    names: set[str] = set()
    people = tuple(_customer(place, customers, rng, last_day, names) for place in range(customers - len(_FOREIGNERS)))
    people += tuple(_foreigner(row, rng) for row in _FOREIGNERS)
    return DemoCast(
        company=COMPANY,
        portfolios=PORTFOLIOS,
        customers=people,
        suppliers=tuple(_supplier(place, rng, names) for place in range(6)),
        opening_balances=_opening_balances(people, rng, first_day),
        first_day=first_day,
        last_day=last_day,
    )


def _months_before(day: date, months: int) -> date:
    years, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(years, month + 1, min(day.day, 28))


def _new_name(rng: Random, names: set[str], person: bool) -> tuple[str, str, str]:
    """Name as written, name at SAT and RFC; never the same name twice."""
    for attempt in range(1000):
        if person:
            given, first, second = rng.choice(identities.GIVEN), *rng.sample(identities.SURNAMES, 2)
            name, rfc = f"{given} {first} {second}", identities.person_rfc(given, first, second, rng)
            bare = name
        else:
            bare = f"{rng.choice(identities.TRADES)} {rng.choice(identities.BRANDS)}"
            bare += f" de {rng.choice(identities.CITIES)[0]}" if attempt > 3 else ""
            bare += f" {rng.randrange(2, 99)}" if attempt > 30 else ""
            name, rfc = f"{bare}, {identities.pick_form(rng)}", identities.company_rfc(bare, rng)
        if bare not in names and rfc not in names:
            names.update((bare, rfc))
            return name, bare.upper() if rng.random() < 0.4 else identities.plain(bare), rfc
        person = person and attempt < 50
    raise ValueError("no more names to invent")


def _customer(place: int, count: int, rng: Random, last_day: date, names: set[str]) -> DemoCustomer:
    is_person = rng.random() < 0.14
    name, fiscal, rfc = _new_name(rng, names, is_person)
    city, postal_code, prefix, plaza = identities.CITIES[min(rng.randrange(17), 13)]
    bank, bank_rfc = rng.choice(identities.BANKS)
    in_dollars = not is_person and rng.random() < 0.05
    days = rng.choices((0, 15, 30, 45, 60, 90), (12, 30, 42, 10, 5, 1))[0]
    weight = 2 + (600 * 4) // (place * 120 // count + 8)  # a few big ones and a long tail
    regime = rng.choice(("612", "626")) if is_person else rng.choice(("601", "601", "601", "626"))
    portfolio = 3 if in_dollars or weight > 120 else _PORTFOLIO_OF.get(city, 2 if city in identities.BORDER else 1)
    return DemoCustomer(
        name=name,
        party=DraftParty(rfc, fiscal, regime, postal_code, rng.choice(("G01", "G01", "G03"))),
        city=city,
        currency="USD" if in_dollars else "MXN",
        credit_days=30 if in_dollars and not days else days,
        credit_limit_minor=_limit(weight, days, in_dollars, rng),
        portfolio=PORTFOLIOS[portfolio].name,
        behaviour=_behaviour(place, rng, last_day),
        contacts=_contacts(name, prefix, rng),
        clabe=identities.clabe(bank, plaza, rng),
        bank_rfc=bank_rfc,
        weight=weight,
        is_on=place < 12 or rng.random() < 0.84,
    )


def _foreigner(row: tuple[str, str, str], rng: Random) -> DemoCustomer:
    name, country, foreign_id = row
    bank, bank_rfc = identities.BANKS[0]
    return DemoCustomer(
        name=name,
        party=DraftParty("XEXX010101000", identities.plain(name), "616", "06700", "S01", country, foreign_id),
        city=country,
        currency="USD",
        credit_days=60,
        credit_limit_minor=10_000_000,
        portfolio=PORTFOLIOS[3].name,
        behaviour=Behaviour("late", days_late=6),
        contacts=_contacts(name, "55", rng),
        clabe=identities.clabe(bank, "180", rng),
        bank_rfc=bank_rfc,
        weight=16,
        is_on=True,
    )


def _limit(weight: int, days: int, in_dollars: bool, rng: Random) -> int:
    if not days or rng.random() < 0.3:
        return 0
    pesos = (weight * days // 4 + 40) * 1_000
    rounded = pesos // 10_000 * 10_000 + 20_000
    return (rounded // 18 // 1_000 * 1_000 + 1_000) * 100 if in_dollars else rounded * 100


def _behaviour(place: int, rng: Random, last_day: date) -> Behaviour:
    splits, bundles = rng.choice((0, 0, 0, 10, 25)), rng.random() < 0.35
    roll = rng.random()
    if place % 8 == 6:  # never one of the biggest; some stopped long ago, some just now
        return Behaviour("stopped", 12, splits, bundles, last_day - timedelta(days=12 + place * 41 % 170))
    if roll < 0.42:
        return Behaviour("punctual", 0, splits, bundles)
    if roll < 0.82:
        return Behaviour("late", rng.choice((3, 4, 5, 6, 8, 10, 12, 20, 35)), splits, bundles)
    return Behaviour("erratic", rng.choice((20, 30, 45)), splits, bundles)


def _contacts(name: str, prefix: str, rng: Random) -> tuple[DemoContact, ...]:
    domain = f"{identities.slug(name.split(',')[0])[:24]}.example"
    roles: tuple[Role, ...] = ("cobranza", "facturación", "dirección")
    made = []
    for place, role in enumerate(roles[: rng.choice((1, 1, 2, 2, 3))]):
        given, surname = rng.choice(identities.GIVEN), rng.choice(identities.SURNAMES)
        email = f"{identities.slug(given)}.{identities.slug(surname)}@{domain}"
        number = identities.phone(prefix, rng)
        whatsapp = number if rng.random() < 0.6 else ""
        made.append(DemoContact(f"{given} {surname}", role, email, number, whatsapp, is_primary=place == 0))
    return tuple(made)


def _supplier(place: int, rng: Random, names: set[str]) -> DemoSupplier:
    is_person = place == 5
    name, fiscal, rfc = _new_name(rng, names, is_person)
    city = identities.CITIES[rng.randrange(11)]
    return DemoSupplier(name, DraftParty(rfc, fiscal, "612" if is_person else "601", city[1]), is_person)


def _opening_balances(customers: tuple[DemoCustomer, ...], rng: Random, first_day: date) -> tuple[OpeningBalance, ...]:
    owing = [c for c in customers if c.behaviour.manner in ("stopped", "erratic") and c.currency == "MXN"][:8]
    made = []
    for place in range(15 if owing else 0):
        customer = owing[place % len(owing)]
        issued = first_day - timedelta(days=rng.randrange(20, 240))
        total = rng.randrange(450_000, 6_800_000)
        balance = total if rng.random() < 0.6 else total * rng.randrange(20, 80) // 100
        due = issued + timedelta(days=customer.credit_days or 30)
        reference = f"A-{4100 + place * 7}"
        made.append(OpeningBalance(customer.rfc, customer.name, reference, issued, due, "MXN", total, balance))
    return tuple(made)
