"""What customers do in a month, movement by movement, on books that change with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from random import Random

from benchmarks import _reconcile_words as words
from benchmarks.reconcile_world import (
    CARD_PER_MILLE,
    CARD_VAT,
    DAYS,
    START,
    WIRE_FEES,
    Bill,
    Customer,
    Line,
    Noted,
    Profile,
    Stated,
    Truth,
    World,
    make_bills,
    make_customers,
)

Lines = dict[str, tuple[int, int]]
COMPLEMENTS = 0.02  # of payments, those whose complement is on file before the bank shows them
TERMINALS = 8
FACTORS = ("Anticipa Cartera, S.A. de C.V. SOFOM", "Liquidez Puntual, S.A.P.I. de C.V.")


def make_world(profile: Profile, movements: int, documents: int, seed: int) -> World:
    """Everything from the seed alone."""
    random = Random(f"{profile.name}-{movements}-{documents}-{seed}")
    customers = make_customers(max(20, documents // 10), profile, random)
    bills = make_bills(customers, documents, random)
    world = World(profile, customers, bills, [])
    _Month(world, random).run(movements)
    return world


class _Month:
    def __init__(self, world: World, random: Random) -> None:
        self.world = world
        self.random = random
        self.open: dict[str, dict[str, Bill]] = defaultdict(dict)
        self.some: list[str] = []
        self.issued = iter(sorted(world.bills.values(), key=lambda bill: (bill.issued_on, int(bill.key[1:]))))
        self.coming = next(self.issued, None)
        self.recent: list[tuple[Line, Bill]] = []
        self.payers: dict[str, tuple[str, str, str]] = {}
        self.factors = [(name, words.rfc(random), words.clabe(random)) for name in FACTORS]
        self.paid_out: Counter[date] = Counter()
        self.by_number: dict[str, list[Bill]] = defaultdict(list)
        for bill in world.bills.values():
            self.by_number[bill.folio].append(bill)

    def run(self, movements: int) -> None:
        """`movements` lines in the days of the month; what happens at a weekend is booked on Monday."""
        kinds, weights = list(self.world.profile.kinds), list(self.world.profile.kinds.values())
        for n in range(movements):
            day = START + timedelta(days=n * DAYS // movements)
            day += timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
            self._issue(day)
            kind = self.random.choices(kinds, weights)[0]
            self.n = n
            getattr(self, f"_{kind}")(day)

    def _issue(self, day: date) -> None:
        while self.coming and self.coming.issued_on <= day:
            self.open[self.coming.customer][self.coming.key] = self.coming
            self.some.append(self.coming.key)
            self.coming = next(self.issued, None)

    # who pays what

    def _customer(self) -> Customer:
        """By documents half the time, else anybody with something open."""
        while True:
            if self.random.random() < 0.5:
                key = self.world.bills[self.random.choice(self.some)].customer
            else:
                key = f"c{self.random.randrange(len(self.world.customers))}"
            if any(bill.currency == "MXN" and not bill.parts for bill in self.open[key].values()):
                return self.world.customers[key]

    def _payable(self, customer: Customer) -> list[Bill]:
        bills = [bill for bill in self.open[customer.key].values() if bill.currency == "MXN" and not bill.parts]
        return sorted(bills, key=lambda bill: (bill.due_on, bill.key))

    def _one(self, customer: Customer, *, whole: bool = False) -> Bill | None:
        bills = [bill for bill in self._payable(customer) if not whole or bill.balance == bill.total]
        if not bills:
            return None
        return bills[0] if customer.agreed or self.random.random() < 0.6 else self.random.choice(bills)

    def _settle(self, lines: Lines, day: date) -> None:
        for key, (cash, settled) in lines.items():
            bill = self.world.bills[key]
            bill.balance -= settled
            bill.paid.append(cash)
            if bill.balance == 0:
                bill.paid_on = day
                self.open[bill.customer].pop(key, None)

    # what is written

    def _concept(self, habit: str, bills: list[Bill], limit: int) -> tuple[str, str]:
        """The concept and the seven digits."""
        random = self.random
        reference = f"{random.randrange(1, 10**7):07d}" if random.random() < 0.6 else "0000001"
        text = _cite(habit, bills, random) if bills else ""
        if habit == "reference" and len(bills) == 1:
            reference = f"{int(bills[0].folio):07d}"
        text = text or (
            random.choice(words.CONCEPTS) if habit != "nothing" else random.choice(("PAGO", "", "TRASPASO"))
        )
        return text[:limit].strip(), reference

    def _line(
        self, day: date, amount: int, truth: Truth, who: Customer | tuple[str, str, str], habit: str,
        bills: list[Bill], *, channel: str = "", said: str = "",
    ) -> Line:  # fmt: skip
        customer = who if isinstance(who, Customer) else None
        name, tax_id, account = (customer.name, customer.tax_id, customer.account) if customer else who  # type: ignore[misc]
        channel = channel or (customer.channel if customer else "banorte")
        owner = customer or self.world.customers.get(
            truth.customer
        )  # somebody else pays to the account they were given
        collection = owner.collection if owner else ""
        if channel == "cash" and self.random.random() >= self.world.profile.referenced_cash:
            collection = ""
        trace = f"{self.random.choice(words.SPOKEN)[:4]}{self.random.randrange(10**12):012d}"
        limit = {"bbva": 30, "banorte": 40, "santander": 40}.get(channel, 35)
        concept, reference = self._concept(habit, bills, limit)
        concept = (said or concept)[:limit]
        named = self.random.random()
        most = {"santander": 40, "other": 25}.get(channel, 60)
        shown = words.as_a_bank_writes(name, self.random, most)
        if channel == "banorte":
            text = words.banorte(shown, tax_id, account, concept, reference, trace, self.random)
        elif channel == "bbva":
            text = words.bbva(concept, reference, self.random)
            if named < 0.62:
                text += f" | DE LA CUENTA DEL CLIENTE {shown}"
            trace = ""
        elif channel == "santander":
            text = words.santander(shown if named < 0.6 else "", concept, reference, trace, self.random)
        elif channel == "other":
            text = words.other(shown if named < 0.35 else "", concept, self.random)
            trace = ""
        else:
            text, trace = words.cash(self.random), ""
        line = Line(f"m{self.n}", channel, day, amount, text, trace, collection, truth, limit)
        self.world.lines.append(line)
        return line

    def _pay(
        self, day: date, kind: str, customer: Customer, bills: list[Bill], lines: Lines, *,
        payer: tuple[str, str, str] | None = None, habit: str = "", channel: str = "", said: str = "", credit: str = "",
        left: int = 0,
    ) -> Line:  # fmt: skip
        truth = Truth(kind, lines, customer.key, credit=credit)
        amount = sum(cash for cash, _ in lines.values()) + left
        line = self._line(
            day, amount, truth, payer or customer, habit or customer.habit, bills, channel=channel, said=said
        )
        self._settle(lines, day)
        self.recent.append((line, bills[0]))
        if kind in ("single", "several", "partial") and self.random.random() < COMPLEMENTS:
            paid = {key: cash for key, (cash, _) in lines.items()}
            paid_on = day - timedelta(days=self.random.choice((0, 0, 1)))
            self.world.stated[line.key] = Stated(line.key, customer.key, amount, paid_on, paid)
        return line

    # kinds of movement

    def _single(self, day: date, kind: str = "single", **how: object) -> None:
        customer = self._customer()
        bill = self._one(customer)
        if bill:
            self._pay(day, kind, customer, [bill], {bill.key: (bill.balance, bill.balance)}, **how)  # type: ignore[arg-type]

    def _several(self, day: date) -> None:
        for _ in range(20):
            customer = self._customer()
            owed = self._payable(customer)
            if len(owed) > 1:
                break
        else:
            return
        chosen = _choose(owed, day, self.random, customer.agreed)
        self._pay(day, "several", customer, chosen, {bill.key: (bill.balance, bill.balance) for bill in chosen})

    def _difference(self, day: date) -> None:
        how = self.random.choices(("withheld", "discount", "card", "wire"), (45, 25, 10, 20))[0]
        for _ in range(200):
            customer = self._customer()
            if (how == "withheld" and not customer.withholds) or (how == "discount" and not customer.discount):
                continue
            bill = self._one(customer, whole=True)
            if bill and (how != "discount" or bill.due_on >= day or self.random.random() < 0.05):
                break
        else:
            return
        kept = self._kept(how, customer, bill, day)
        if 0 < kept < bill.balance // 2:
            self._pay(day, f"difference_{how}", customer, [bill], {bill.key: (bill.balance - kept, bill.balance)})

    def _kept(self, how: str, customer: Customer, bill: Bill, day: date) -> int:
        if how == "withheld" and customer.withholds:
            return round(bill.net * customer.withholds[0] / customer.withholds[1])
        if how == "discount" and customer.discount:
            return round(bill.total * customer.discount[0] / 1000)
        if how == "card":
            fee = round(bill.balance * CARD_PER_MILLE / 1000)
            return fee + round(fee * CARD_VAT / 100)
        return self.random.choice(WIRE_FEES)

    def _partial(self, day: date) -> None:
        customer = self._customer()
        bill = self._one(customer)
        if not bill or bill.balance < 20_000:
            return
        part = int(bill.balance * self.random.uniform(0.2, 0.8))
        if self.random.random() < 0.6:
            part = part // 50_000 * 50_000
        if part:
            self._pay(day, "partial", customer, [bill], {bill.key: (part, part)})

    def _instalment(self, day: date) -> None:
        for _ in range(400):
            bill = self.world.bills[self.random.choice(self.some)]
            if bill.parts and bill.balance and bill.currency == "MXN":
                part = min(bill.balance, -(-bill.total // bill.parts))
                customer = self.world.customers[bill.customer]
                self._pay(day, "instalment", customer, [bill], {bill.key: (part, part)})
                return

    def _rounding(self, day: date) -> None:
        customer = self._customer()
        bill = self._one(customer)
        off = self.random.randrange(1, 90)
        if not bill or bill.balance < 5_000:
            return
        if self.random.random() < 0.5 and bill.balance % 100:
            off = bill.balance % 100 if self.random.random() < 0.5 else bill.balance % 100 - 100
        if off > 0:
            lines = {bill.key: (bill.balance - off, bill.balance)}
            self._pay(day, "rounding", customer, [bill], lines)
        else:
            self._pay(day, "rounding", customer, [bill], {bill.key: (bill.balance, bill.balance)}, left=-off)

    def _third(self, day: date) -> None:
        """Somebody else pays: half of them are known from before."""
        customer = self._customer()
        bill = self._one(customer)
        if customer.key not in self.payers:
            who = (words.company(self.random), words.rfc(self.random), words.clabe(self.random))
            self.payers[customer.key] = who
            if self.random.random() < 0.5:
                self.world.known_payers.append(("tax_id", who[1], customer.key))
        if bill:
            lines = {bill.key: (bill.balance, bill.balance)}
            self._pay(day, "third", customer, [bill], lines, payer=self.payers[customer.key])

    def _anonymous(self, day: date) -> None:
        self._single(day, "anonymous", channel="cash", habit="nothing")

    def _wrong_folio(self, day: date) -> None:
        """A folio of somebody else, of another document of theirs, or of none. Never of one that they owe the same of:
        what the payer declares is then what is paid (Código Civil Federal, 2092).
        """
        customer = self._customer()
        bill = self._one(customer)
        if not bill:
            return
        others = [other for other in self._payable(customer) if other.balance != bill.balance]
        roll = self.random.random()
        if roll < 0.4 and others:
            wrong = self.random.choice(others)
        elif roll < 0.7:
            wrong = self.world.bills[self.random.choice(self.some)]
            if wrong.customer == customer.key:
                return
        else:
            wrong = Bill(
                **{**_fields(bill), "folio": str(int(bill.folio) + self.random.choice((10, 100, 1000, 9, 90)))}
            )
        said, _ = self._concept(self.random.choice(("series", "called", "bare")), [wrong], 30)
        self._pay(day, "wrong_folio", customer, [bill], {bill.key: (bill.balance, bill.balance)}, said=said)

    def _exchange(self, day: date) -> None:
        dollars = [
            bill for key in self.random.sample(self.some, min(400, len(self.some)))
            if (bill := self.world.bills[key]).currency == "USD" and bill.balance
        ]  # fmt: skip
        if dollars:
            bill = dollars[0]
            customer = self.world.customers[bill.customer]
            truth = Truth("exchange", {bill.key: (bill.balance, bill.balance)}, customer.key)
            amount = round(bill.balance * self.random.uniform(17.9, 18.3))
            self._line(day, amount, truth, customer, customer.habit, [bill])
            self._settle(truth.lines, day)

    def _double(self, day: date) -> None:
        """What was paid lately is paid again, with the same words."""
        for line, bill in self.random.sample(self.recent[-400:], min(40, len(self.recent))):
            if line.truth.kind == "single" and line.booked_on < day:
                customer = self.world.customers[bill.customer]
                self._line(day, line.amount, Truth("double", {}, customer.key), customer, customer.habit, [bill])
                return

    def _shared(self, day: date) -> None:
        """One customer pays its own and another's."""
        one, other = self._customer(), self._customer()
        bills = [bill for bill in (self._one(one), self._one(other)) if bill]
        if len(bills) == 2 and one is not other:
            self._pay(day, "shared", one, bills, {bill.key: (bill.balance, bill.balance) for bill in bills})

    def _credit_note(self, day: date) -> None:
        """A note is on file and the customer takes it off what it pays."""
        customer = self._customer()
        bill = self._one(customer)
        if bill and bill.balance > 20_000:
            off = int(bill.balance * self.random.uniform(0.03, 0.3))
            key = f"n{len(self.world.notes)}"
            corrects = bill.key if self.random.random() < 0.7 else ""
            self.world.notes.append(
                (key, customer.key, corrects, off, day - timedelta(days=self.random.randrange(1, 12)))
            )
            lines = {bill.key: (bill.balance - off, bill.balance)}
            self._pay(day, "credit_note", customer, [bill], lines, credit=key)

    def _cards(self, day: date) -> None:
        """A terminal's day: several customers' documents less its commission, in one deposit without a name. Half of
        the shops write each payment down when the card is swiped.
        """
        lines: Lines = {}
        for _ in range(self.random.randrange(2, 6)):
            bill = self._one(self._customer())
            if bill and bill.key not in lines:
                fee = round(bill.balance * CARD_PER_MILLE / 1000)
                lines[bill.key] = (bill.balance - fee - round(fee * CARD_VAT / 100), bill.balance)
        text = f"VENTAS CREDITO/{self.random.randrange(10**7, 10**8)} TERMINALES PUNTO DE VENTA"
        amount = sum(cash for cash, _ in lines.values())
        truth = Truth("cards", lines)
        if self.random.random() < 0.5:
            truth = Truth("cards_noted", known=self._note(lines, day))
        self.world.lines.append(Line(f"m{self.n}", "bbva", day, amount, text, "", "", truth))
        self._settle(lines, day)

    def _note(self, lines: Lines, day: date) -> dict[str, int]:
        """One of the terminals that have not paid out today; cards of the last day, or of the weekend."""
        self.paid_out[day] += 1
        terminal = f"terminal {self.paid_out[day] % TERMINALS}"
        swiped = day - timedelta(days=3 if day.weekday() == 0 else 1)
        known: dict[str, int] = {}
        for key, (_, gross) in lines.items():
            noted = Noted(f"k{self.n}-{key}", key, gross, swiped, terminal)
            self.world.noted[noted.key] = noted
            known[noted.key] = gross
            swiped += timedelta(days=swiped.weekday() > 3 and self.random.random() < 0.4)
        return known

    def _noted(self, day: date) -> None:
        """A transfer that somebody has noted already, from the receipt that the customer sent."""
        customer = self._customer()
        bill = self._one(customer)
        if bill:
            noted_on = day - timedelta(days=self.random.choice((0, 0, 1, 2)))
            noted = Noted(f"k{self.n}-{bill.key}", bill.key, bill.balance, noted_on, "manual")
            self.world.noted[noted.key] = noted
            truth = Truth("noted", customer=customer.key, known={noted.key: bill.balance})
            self._line(day, bill.balance, truth, customer, customer.habit, [bill])
            self._settle({bill.key: (bill.balance, bill.balance)}, day)

    def _factoring(self, day: date) -> None:
        """A factor pays documents of several customers less its discount, citing some of them."""
        lines: Lines = {}
        bills = []
        for _ in range(self.random.randrange(1, 5)):
            bill = self._one(self._customer())
            if bill and bill.key not in lines:
                lines[bill.key] = (bill.balance - round(bill.balance * 18 / 1000), bill.balance)
                bills.append(bill)
        truth = Truth("factoring", lines)
        amount = sum(cash for cash, _ in lines.values())
        self._line(day, amount, truth, self.random.choice(self.factors), "called", bills)
        self._settle(lines, day)

    def _advance(self, day: date) -> None:
        customer = self._customer()
        amount = self.random.choice(
            (500_000, 1_000_000, 2_500_000, 5_000_000, self.random.randrange(80_000, 9_000_000))
        )
        said = self.random.choice(("ANTICIPO", "ANTICIPO PEDIDO", "", "", "PAGO"))
        self._line(day, amount, Truth("advance", {}, customer.key), customer, "concept", [], said=said)

    def _noise(self, day: date) -> None:
        text, sign = self.random.choice(
            (
                ("COMISION POR TRANSFERENCIA", -1), ("SPEI ENVIADO BANAMEX/0123 NOMINA", -1), ("INTERESES", 1),
                ("TRASPASO ENTRE CUENTAS PROPIAS", 1), ("CHEQUE PAGADO 123", -1), ("IVA COMISION", -1),
            )
        )  # fmt: skip
        truth = Truth("noise")
        amount = sign * self.random.randrange(100, 9_000_000)
        self.world.lines.append(Line(f"m{self.n}", "bbva", day, amount, text, "", "", truth))

    def _copy(self, day: date) -> None:
        """The same line again, from an overlapping file."""
        if self.world.lines:
            line = self.random.choice(self.world.lines[-60:])
            if line.trace and line.amount > 0 and line.truth.kind not in ("copy", "returned"):
                truth = Truth("copy", undoes=line.key)
                self.world.lines.append(
                    Line(f"m{self.n}", line.channel, line.booked_on, line.amount, line.text, line.trace,
                         line.collection, truth, line.concept_limit)
                )  # fmt: skip

    def _returned(self, day: date) -> None:
        """A transfer goes back some days later under its own key: what it paid is owed again."""
        for line, _ in self.random.sample(self.recent[-300:], min(30, len(self.recent))):
            bills = [self.world.bills[key] for key in line.truth.lines]
            untouched = all(bill.paid and bill.paid[-1] == line.truth.lines[bill.key][0] for bill in bills)
            if line.trace and untouched and line.booked_on < day and line.truth.kind == "single":
                truth = Truth("returned", undoes=line.key)
                self.world.lines.append(
                    Line(
                        f"m{self.n}",
                        line.channel,
                        day,
                        -line.amount,
                        f"SPEI DEVUELTO CVE RAST: {line.trace}",
                        line.trace,
                        "",
                        truth,
                    )
                )
                for bill in bills:
                    bill.balance += line.truth.lines[bill.key][1]
                    bill.paid.pop()
                    self.open[bill.customer][bill.key] = bill
                self.recent = [each for each in self.recent if each[0] is not line]
                return


def _fields(bill: Bill) -> dict[str, object]:
    return {name: getattr(bill, name) for name in Bill.__slots__}


def _choose(owed: list[Bill], day: date, random: Random, agreed: bool) -> list[Bill]:
    """Oldest first, any, everything due, or a month."""
    how = "oldest" if agreed else random.choices(("oldest", "any", "due", "month"), (47, 28, 15, 10))[0]
    size = min(len(owed), 60, max(2, int(random.lognormvariate(1.1, 0.6))))
    chosen = owed[:size]
    if how == "any":
        chosen = random.sample(owed, size)
    elif how == "due":
        chosen = [bill for bill in owed if bill.due_on <= day] or chosen
    elif how == "month":
        first = random.choice(owed).issued_on
        month = [b for b in owed if (b.issued_on.year, b.issued_on.month) == (first.year, first.month)]
        chosen = month if len(month) > 1 else chosen
    return chosen[:60] if len(chosen) > 1 else owed[:2]


def _cite(habit: str, bills: list[Bill], random: Random) -> str:
    joined = random.choice((" ", ", ", " Y ", "/", ","))
    if habit == "series":
        dash = random.choice(("", "-", " "))
        start = random.choice(("", "", "PAGO ", "FACT "))
        return start + joined.join(f"{bill.series}{dash}{bill.folio}" for bill in bills)
    if habit == "called":
        joined = joined if joined != "/" else " "
        return f"{random.choice(words.CALLED)} " + joined.join(bill.folio for bill in bills)
    if habit == "bare":
        return random.choice(("", "PAGO ")) + " ".join(bill.folio for bill in bills)
    if habit == "range":
        numbers = sorted(int(bill.folio) for bill in bills)
        one_series = len({bill.series for bill in bills}) == 1
        if one_series and 1 < len(bills) == numbers[-1] - numbers[0] + 1:
            return f"FACTURAS {numbers[0]} A {numbers[-1]}"
        return "FACTURAS " + " ".join(map(str, numbers))
    if habit == "uuid":
        return " ".join(bill.uuid[:8] for bill in bills)
    if habit == "order":
        return "OC " + " ".join(bill.order for bill in bills if bill.order)
    return ""
