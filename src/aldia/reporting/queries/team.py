"""The team in a month: what each person has in hand, did, was promised and collected, against the targets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date

from django.db.models import Count, Q, Sum

from aldia.collections.models import Outcome, Target
from aldia.collections.queries.promises import Patience, judged
from aldia.customers.models import Customer, Portfolio
from aldia.domain.aging import Ranges
from aldia.domain.calendars import add_months
from aldia.domain.promises import PromiseState
from aldia.receivables.queries.sight import Sight
from aldia.reporting.queries import team_rows
from aldia.reporting.queries.aging import PORTFOLIO, Wanted, aging
from aldia.reporting.queries.team_rows import Month, Whom
from aldia.tenancy.models import Membership, Role, User

TALKED = (
    Outcome.TALKED, Outcome.PROMISED, Outcome.SAYS_PAID, Outcome.ASKED_COPY, Outcome.ASKED_TIME, Outcome.DISPUTED,
    Outcome.REFUSED,
)  # fmt: skip
HISTORY = 6


@dataclass(slots=True)
class Results:
    """Of one person (or of nobody, or of all): counts, and minor units of one currency."""

    customers: int = 0
    owed: int = 0
    overdue: int = 0
    collected: int = 0
    after_contact: int = 0
    activities: int = 0
    talked: int = 0
    promises: int = 0
    promised: int = 0
    kept: int = 0
    broken: int = 0
    promise_open: int = 0
    listed: int = 0
    worked: int = 0
    target: int | None = None

    @property
    def target_permille(self) -> int | None:
        return 1000 * self.collected // self.target if self.target else None

    @property
    def missing(self) -> int:
        """What the target still lacks."""
        return max(0, (self.target or 0) - self.collected)

    @property
    def kept_permille(self) -> int | None:
        """Of the promises whose day is over."""
        over = self.kept + self.broken
        return 1000 * self.kept // over if over else None


@dataclass(frozen=True, slots=True)
class Row:
    """A person and the results; `user` None: what nobody has."""

    user: User | None
    results: Results

    @property
    def key(self) -> str:
        return str(self.user.pk) if self.user else team_rows.NOBODY


@dataclass(frozen=True, slots=True)
class Team:
    """The people by name, nobody last, and all together with the team's own target."""

    month: Month
    currency: str
    rows: list[Row]
    total: Results = field(default_factory=Results)


def people() -> list[User]:
    """Who collects: the collectors of portfolios and who has that role, while they are in the company."""
    active = Membership.objects.filter(suspended_at__isnull=True)
    owning = Portfolio.objects.filter(collector__isnull=False).values("collector")
    ids = active.filter(Q(role=Role.COLLECTOR) | Q(user__in=owning)).values_list("user_id", flat=True)
    return sorted(User.objects.filter(pk__in=list(ids)), key=lambda user: (str(user).casefold(), str(user.pk)))


def team(*, month: Month, currency: str, today: date, patience: Patience, only: Whom = None) -> Team:
    """The results of the month; `only`: of one person."""
    found: dict[Whom, Results] = {user.pk: Results() for user in people()}
    _in_hand(found, month, currency, today)
    _money(found, month, currency)
    _work(found, month)
    _promises(found, month, currency, today, patience)
    targets = dict(Target.objects.filter(month=month.first, currency=currency).values_list("collector_id", "amount"))
    whole = targets.pop(None, None)
    for whom, amount in targets.items():
        _of(found, whom).target = amount
    if only is not None:
        found, whole = {only: found.get(only, Results())}, None
    users = {user.pk: user for user in User.objects.filter(pk__in=[whom for whom in found if whom])}
    rows = [Row(users.get(whom) if whom else None, results) for whom, results in found.items()]
    rows = [row for row in rows if row.user or any(_figures(row.results))]
    rows.sort(key=lambda row: (row.user is None, str(row.user).casefold(), row.key))
    return Team(month, currency, rows, _added(rows, whole))


def _of(found: dict[Whom, Results], whom: Whom) -> Results:
    return found.setdefault(whom, Results())


def _in_hand(found: dict[Whom, Results], month: Month, currency: str, today: date) -> None:
    """What is in the portfolios of each, on the last day of the month."""
    people = Customer.objects.filter(collecting=True).order_by()
    for whom, count in people.values_list("portfolio__collector").annotate(rows=Count("pk")):
        _of(found, whom).customers += count
    aged = aging(
        sight=Sight(), as_of=month.last, today=today, home=currency, ranges=Ranges((30,)), by=PORTFOLIO,
        wanted=Wanted(currency),
    )  # fmt: skip
    owner = {str(pk): collector for pk, collector in Portfolio.objects.values_list("pk", "collector_id")}
    for row in aged.of(currency):
        results = _of(found, owner.get(row.key))
        results.owed += row.total
        results.overdue += row.overdue


def _money(found: dict[Whom, Results], month: Month, currency: str) -> None:
    rows = team_rows.money(month, currency).order_by()
    for whom, amount in rows.values_list("who").annotate(sum=Sum("figure")):
        _of(found, whom).collected = int(amount)
    for person, payments in team_rows.after_contact(month, currency).items():
        _of(found, person).after_contact = sum(amount for _key, amount in payments)


def _work(found: dict[Whom, Results], month: Month) -> None:
    done = team_rows.done(month).order_by().values_list("by")
    talked = Count("pk", filter=Q(outcome__in=TALKED))
    for whom, count, reached in done.annotate(rows=Count("pk"), reached=talked):
        _of(found, whom).activities, _of(found, whom).talked = count, reached
    listed = team_rows.listed(month).order_by().values_list("collector")
    for whom, count, worked in listed.annotate(rows=Count("pk"), done=Count("pk", filter=Q(worked=True))):
        _of(found, whom).listed, _of(found, whom).worked = count, worked


def _promises(found: dict[Whom, Results], month: Month, currency: str, today: date, patience: Patience) -> None:
    """What was promised to each, and what became of it by today."""
    for each in judged(team_rows.promised(month, currency), as_of=today, patience=patience):
        results = _of(found, each.promise.created_by_id)
        results.promises += 1
        results.promised += each.promise.amount
        results.kept += each.state == PromiseState.KEPT
        results.broken += each.state in (PromiseState.BROKEN, PromiseState.PARTLY)
        results.promise_open += each.state == PromiseState.OPEN


def _figures(results: Results) -> list[int]:
    return [getattr(results, each.name) or 0 for each in fields(Results)]


def _added(rows: Iterable[Row], target: int | None) -> Results:
    """All together; without a target of the whole team, the sum of those of its people."""
    total = Results()
    for row in rows:
        for each in fields(Results):
            if each.name != "target":
                setattr(total, each.name, getattr(total, each.name) + getattr(row.results, each.name))
    own = [row.results.target for row in rows if row.results.target]
    total.target = target or (sum(own) if own else None)
    return total


def by_month(*, month: Month, currency: str, months: int = HISTORY) -> list[tuple[date, dict[Whom, int]]]:
    """What each collected in the months up to this one, oldest first."""
    firsts = [add_months(month.first, -back) for back in range(months - 1, -1, -1)]
    found: dict[date, dict[Whom, int]] = {first: {} for first in firsts}
    rows = team_rows.money(Month(firsts[0], month.last), currency).order_by()
    for whom, on, amount in rows.values_list("who", "received_on").annotate(sum=Sum("figure")):
        sums = found[on.replace(day=1)]
        sums[whom] = sums.get(whom, 0) + int(amount)
    return list(found.items())


def targets(*, month: date, currency: str) -> dict[Whom, Target]:
    """The targets of a month by person; None is the whole team's."""
    return {row.collector_id: row for row in Target.objects.filter(month=month, currency=currency)}
