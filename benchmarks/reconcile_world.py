"""A month of a Mexican company's bank, with the truth of what each deposit paid. Written from a description, not from
the engine: no rate, fee, suffix or word is shared with it.

A world has customers with documents of four months, and payments day by day: whole documents, several, less what the
payer withheld or the bank kept, parts, instalments, other people's money, doubles, wrong folios, advances, exchange,
credit notes, card batches, factoring; around them charges, own transfers, lines imported twice and returned transfers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from benchmarks import _reconcile_words as words

START = date(2026, 10, 1)
DAYS = 30
TODAY_SHARE = 4  # months of documents before the end of the month


@dataclass(frozen=True, slots=True)
class Profile:
    """`kinds` are weights of what movements are; `channels` of how they arrive; the rest are probabilities."""

    name: str
    kinds: dict[str, float]
    channels: dict[str, float]
    habits: dict[str, float]
    own_clabe: float = 0.0  # customers that pay to a collection account of their own
    referenced_cash: float = 0.0  # of their deposits at a counter, those that carry its reference
    agreed: float = 0.0  # customers with whom it was agreed that payments pay the oldest first
    named: float = 1.0  # multiplies how often banks tell the name
    namesakes: float = 0.05


_KINDS = {
    "single": 44.0, "several": 18.5, "difference": 7.0, "partial": 4.0, "instalment": 3.2, "rounding": 3.0,
    "third": 4.0, "advance": 2.5, "noise": 4.0, "anonymous": 4.0, "wrong_folio": 1.5, "exchange": 0.8, "double": 0.7,
    "shared": 0.5, "credit_note": 1.2, "cards": 0.6, "noted": 0.6, "factoring": 0.5, "copy": 1.0, "returned": 0.8,
}  # fmt: skip
_CHANNELS = {"banorte": 82.0, "bbva": 8.0, "santander": 5.0, "other": 3.0, "cash": 2.0}
_HABITS = {
    "series": 21.0, "called": 25.0, "bare": 13.0, "concept": 13.0, "nothing": 19.0, "range": 4.0, "uuid": 1.5,
    "order": 1.5, "reference": 2.0,
}  # fmt: skip
_EASY = {**_KINDS, "single": 56.0, "several": 17.0, "difference": 4.0, "third": 1.5, "anonymous": 2.0,
         "wrong_folio": 0.5, "partial": 2.5, "advance": 1.5}  # fmt: skip
_HOSTILE = {**_KINDS, **{kind: 4 * _KINDS[kind] for kind in ("wrong_folio", "double", "shared")},
            "advance": 6.0, "anonymous": 9.0}  # fmt: skip
PROFILES = {
    "duro": Profile("duro", _KINDS, _CHANNELS, _HABITS),
    "facil": Profile(
        "facil", _EASY, {**_CHANNELS, "banorte": 86.0, "bbva": 6.0}, {**_HABITS, "series": 32.0, "nothing": 10.0}
    ),
    "adversario": Profile("adversario", _HOSTILE, _CHANNELS, _HABITS, namesakes=0.12),
    "clabe-propia": Profile("clabe-propia", _KINDS, _CHANNELS, _HABITS, own_clabe=1.0, referenced_cash=1.0),
    "clabe-sin-ventanilla": Profile("clabe-sin-ventanilla", _KINDS, _CHANNELS, _HABITS, own_clabe=1.0),
    "acuerdo": Profile("acuerdo", _KINDS, _CHANNELS, _HABITS, own_clabe=1.0, referenced_cash=1.0, agreed=0.6),
}  # fmt: skip


@dataclass(slots=True)
class Customer:
    key: str
    name: str
    tax_id: str
    account: str
    channel: str
    habit: str
    prices: str
    withholds: tuple[int, int] | None = None  # share of the amount before taxes
    discount: tuple[int, int] | None = None  # per mille, days
    collection: str = ""
    plan: int = 0
    agreed: bool = False


@dataclass(slots=True)
class Bill:
    key: str
    customer: str
    series: str
    folio: str
    uuid: str
    order: str
    currency: str
    total: int
    net: int
    issued_on: date
    due_on: date
    balance: int
    parts: int = 0  # instalments in which it is paid, 0: whole
    paid: list[int] = field(default_factory=list)
    paid_on: date | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """`lines`: document -> (cash, settled with the difference). `known`: payments that the books had before."""

    kind: str
    lines: dict[str, tuple[int, int]] = field(default_factory=dict)
    customer: str = ""
    undoes: str = ""
    credit: str = ""
    known: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Noted:
    """A payment of a document that somebody wrote down before the bank showed it: when the card was swiped, or when
    the customer sent the receipt of its transfer.
    """

    key: str
    document: str
    amount: int
    noted_on: date
    source: str


@dataclass(frozen=True, slots=True)
class Stated:
    """A complement of payment that was stamped before the statement came: `lines` are document -> cash."""

    movement: str
    customer: str
    amount: int
    paid_on: date
    lines: dict[str, int]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the bank. `payer` is what the channel told of who paid."""

    key: str
    channel: str
    booked_on: date
    amount: int
    text: str
    trace: str
    collection: str
    truth: Truth
    concept_limit: int = 0


@dataclass(slots=True)
class World:
    profile: Profile
    customers: dict[str, Customer]
    bills: dict[str, Bill]
    notes: list[tuple[str, str, str, int, date]]  # key, customer, document, amount, issued
    lines: list[Line] = field(default_factory=list)
    known_payers: list[tuple[str, str, str]] = field(default_factory=list)  # kind, value, customer
    noted: dict[str, Noted] = field(default_factory=dict)
    stated: dict[str, Stated] = field(default_factory=dict)  # by movement


FREE, LIST, PLAN = "free", "list", "plan"
PLANS = [
    random_amount * 100 for random_amount in (490, 850, 1160, 1499, 1740, 2320, 2900, 3480, 4640, 5800, 8700, 11600)
]
PRICES = Random(5).choices(range(4_000, 900_000), k=160)
WITHHELD = ((1_000, 10_000), (10_667, 100_000), (20_667, 100_000), (400, 10_000), (125, 10_000), (50, 10_000))
TERMS = ((20, 10), (30, 8), (50, 5))
WIRE_FEES = (406, 580, 812, 1_160, 1_740, 2_900)
CARD_PER_MILLE, CARD_VAT = 29, 16


def make_customers(count: int, profile: Profile, random: Random) -> dict[str, Customer]:
    made: dict[str, Customer] = {}
    names: list[str] = []
    channels, habits = list(profile.channels), list(profile.habits)
    for n in range(count):
        if names and random.random() < profile.namesakes:
            base = random.choice(names).split(",")[0]
            name = f"{base} {random.choice(words.PLACES)}, S.A. de C.V."
        else:
            name = words.company(random)
        names.append(name)
        customer = Customer(
            key=f"c{n}",
            name=name,
            tax_id=words.rfc(random),
            account=words.clabe(random),
            channel=random.choices(channels, profile.channels.values())[0],
            habit=random.choices(habits, profile.habits.values())[0],
            prices=random.choices((PLAN, LIST, FREE), (25, 35, 40))[0],
            plan=random.choice(PLANS),
        )
        if random.random() < 0.15:
            customer.withholds = random.choices(WITHHELD, (5, 4, 5, 6, 4, 1))[0]
        elif random.random() < 0.12:
            customer.discount = random.choice(TERMS)
        if random.random() < profile.own_clabe:
            customer.collection = words.clabe(random)
        customer.agreed = random.random() < profile.agreed
        made[customer.key] = customer
    return made


def make_bills(customers: dict[str, Customer], count: int, random: Random) -> dict[str, Bill]:
    """Documents in the order in which they were issued, their folios running by series."""
    weights = [random.lognormvariate(0, 0.9) for _ in customers]
    keys = list(customers)
    owners = random.choices(keys, weights, k=count)
    big = min(500, count // 10)
    owners[:big] = [keys[0]] * big
    for i in range(1, min(6, len(keys))):
        size = min(180, count // 40)
        owners[big : big + size] = [keys[i]] * size
        big += size
    random.shuffle(owners)
    next_folio = {series: random.randrange(100, 9_000) for series in words.SERIES}
    bills: dict[str, Bill] = {}
    span = DAYS * TODAY_SHARE
    for n, owner in enumerate(owners):
        issued = START + timedelta(days=DAYS - span + n * span // count)
        bills[f"d{n}"] = _bill(n, customers[owner], issued, next_folio, random)
    return bills


def _bill(n: int, customer: Customer, issued: date, folios: dict[str, int], random: Random) -> Bill:
    series = words.SERIES[int(customer.key[1:]) % 2] if random.random() < 0.7 else random.choice(words.SERIES)
    folios[series] += 1
    total = _price(customer, random)
    return Bill(
        key=f"d{n}",
        customer=customer.key,
        series=series,
        folio=str(folios[series]),
        uuid="".join(random.choice("0123456789ABCDEF") for _ in range(32)),
        order=str(random.randrange(10_000, 99_999)) if customer.habit == "order" else "",
        currency="USD" if random.random() < 0.012 else "MXN",
        total=total,
        net=round(total / 1.16),
        issued_on=issued,
        due_on=issued + timedelta(days=random.choice((15, 30, 30, 45))),
        balance=total,
        parts=random.choice((3, 4, 6)) if random.random() < 0.05 else 0,
    )


def _price(customer: Customer, random: Random) -> int:
    if customer.prices == PLAN:
        return customer.plan if random.random() < 0.8 else random.choice(PLANS)
    if customer.prices == LIST:
        return round(random.choice(PRICES) * random.choice((1, 1, 2, 3, 4, 5, 6, 8, 10, 12)) * 1.16)
    return max(5_000, int(math.exp(random.gauss(13.2, 1.1))))
