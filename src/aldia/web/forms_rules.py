"""The form of a rule: sentences with numbers in them, and what its messages carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from aldia.customers.operations.versions import Refused, Stale
from aldia.domain.money import minor_text
from aldia.messaging.models import Channel, Template, Tone
from aldia.messaging.placeholders import DEFAULT_COLUMNS, ROW_FIELDS
from aldia.reminders.models import Grouping, ReminderRule, ReminderStep, When
from aldia.reminders.operations.rule_words import RuleWords, StepWords
from aldia.tenancy.sentences import spoken
from aldia.web.forms_customers import VersionedForm
from aldia.web.forms_receivables import AmountField

MAX_DAYS = 365
MAX_TIMES = 100
MAX_SLOTS = 30
LANGUAGES = (("es", _("español")), ("en", _("inglés")))
COLUMNS = [(name, _(label)) for name, label in ROW_FIELDS.items()]
PURPOSES = {When.BEFORE: "before", When.ON_DAY: "on", When.AFTER: "after", When.REPEAT: "after", When.PAID: "paid"}
TONES = {When.BEFORE: Tone.FRIENDLY, When.ON_DAY: Tone.FRIENDLY, When.REPEAT: Tone.FIRM}
EVERY = "every"
WAYS = [
    (Channel.EMAIL, _("Primero correo")),
    (Channel.WHATSAPP, _("Primero WhatsApp")),
    (Channel.SMS, _("Primero SMS")),
    (Channel.LETTER, _("Primero carta")),
    (EVERY, _("Todos a la vez")),
]

# What a new rule proposes: (when, days, times, is on).
USUAL = (
    (When.BEFORE, 3, None, True),
    (When.BEFORE, 7, None, False),
    (When.BEFORE, 15, None, False),
    (When.BEFORE, 30, None, False),
    (When.ON_DAY, 0, None, True),
    (When.AFTER, 1, None, True),
    (When.REPEAT, 7, 4, True),
    (When.PAID, 0, None, False),
)


def number_field(least: int, most: int, label: Any) -> forms.IntegerField:
    widget = forms.NumberInput(attrs={"class": "form-control step-number", "inputmode": "numeric", "aria-label": label})
    return forms.IntegerField(label=label, required=False, min_value=least, max_value=most, widget=widget)


class StepForm(forms.Form):
    """One sentence of a rule. What is not ticked is kept as it was, and asks for nothing."""

    step = forms.UUIDField(required=False, widget=forms.HiddenInput)
    is_on = forms.BooleanField(required=False, widget=forms.CheckboxInput(attrs={"class": "form-check-input"}))
    channels = forms.MultipleChoiceField(
        label=_("Por dónde"), choices=Channel.choices, required=False, widget=forms.CheckboxSelectMultiple
    )
    way = forms.ChoiceField(label=_("Si marcas varios medios"), choices=WAYS, required=False)
    tone = forms.ChoiceField(label=_("Tono"), choices=Tone.choices, required=False)
    needs_approval = forms.BooleanField(label=_("Una persona lo aprueba antes de que salga"), required=False)

    def __init__(self, *args: Any, when: str, templates: Iterable[Template] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.when = When(when)
        self.fields["is_on"].widget.attrs["aria-label"] = self.sentence
        if when in (When.BEFORE, When.AFTER, When.REPEAT):
            self.fields["days"] = number_field(1, MAX_DAYS, _("Días"))
        if when == When.REPEAT:
            self.fields["times"] = number_field(1, MAX_TIMES, _("Veces como máximo"))
            self.fields["until_days"] = number_field(1, MAX_DAYS * 5, _("Días después de vencer como máximo"))
        self.offered = list(self._offer(templates))

    @property
    def sentence(self) -> str:
        return {
            When.BEFORE: _now("Avisar antes de vencer"),
            When.ON_DAY: _now("Avisar el día que vence"),
            When.AFTER: _now("Avisar después de vencer"),
            When.REPEAT: _now("Repetir el aviso"),
            When.PAID: _now("Agradecer el pago"),
        }[self.when]

    def _offer(self, templates: Iterable[Template]) -> Iterable[str]:
        """A choice of words for each channel and language in which the company wrote its own."""
        pairs: dict[tuple[str, str], list[Template]] = {}
        for each in templates:
            if each.purpose == PURPOSES[self.when]:
                pairs.setdefault((each.channel, each.language), []).append(each)
        for (channel, language), rows in sorted(pairs.items()):
            name = f"words_{channel}_{language}"
            chosen = self.initial.get(name)
            if all(each.builtin for each in rows) and not chosen:
                continue
            label = f"{Channel(channel).label} · {dict(LANGUAGES).get(language, language)}"
            choices = [("", _("La del tono elegido")), *((str(each.pk), each.name) for each in rows)]
            self.fields[name] = forms.ChoiceField(label=label, choices=choices, required=False)
            yield name

    @property
    def word_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.offered]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("is_on"):
            return data
        if not data.get("channels") and "channels" not in self.errors:
            self.add_error("channels", _now("Elige por dónde se avisa."))
        if "days" in self.fields and data.get("days") is None and "days" not in self.errors:
            self.add_error("days", _now("Escribe cuántos días."))
        return data

    @property
    def is_new_and_off(self) -> bool:
        """Nothing was there, and nothing is wanted."""
        return not self.cleaned_data.get("step") and not self.cleaned_data.get("is_on")

    def words(self) -> StepWords:
        """The step for the operation. What is off keeps its numbers: nobody looked at them."""
        data = {**self.cleaned_data, **({} if self.cleaned_data["is_on"] else self._as_it_was())}
        return StepWords(
            when=self.when,
            days=data.get("days") or 0,
            times=data.get("times"),
            until_days=data.get("until_days"),
            channels=self.ordered(data["channels"], data["way"]),
            every_channel=data["way"] == EVERY,
            tone=data["tone"] or Tone.NEUTRAL,
            needs_approval=data["needs_approval"],
            is_on=self.cleaned_data["is_on"],
            step_id=self.cleaned_data["step"],
            templates=self._templates(),
        )

    def ordered(self, channels: Sequence[str], way: str) -> tuple[str, ...]:
        """The channels in order of preference: the first one as chosen, the rest as they were."""
        before = list(self.initial.get("channels") or ())
        known = [each for each in before if each in channels]
        rest = [*known, *(each for each in channels if each not in known)]
        return tuple(sorted(rest, key=lambda each: each != way))

    def _as_it_was(self) -> dict[str, Any]:
        names = ("days", "times", "until_days", "channels", "way", "tone", "needs_approval")
        return {name: self.initial[name] for name in names if name in self.initial}

    def _templates(self) -> dict[tuple[str, str], UUID]:
        """(channel, language) -> the template that was chosen."""
        found = {}
        for name in self.offered:
            _words, channel, language = name.split("_", 2)
            if chosen := self.cleaned_data.get(name):
                found[channel, language] = UUID(chosen)
        return found


class RuleForm(VersionedForm):
    """What a rule says of itself; its steps are forms beside."""

    name = forms.CharField(label=_("Nombre"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    grouping = forms.ChoiceField(
        label=_("Cuántos mensajes"), choices=Grouping.choices, initial=Grouping.CUSTOMER, widget=forms.RadioSelect
    )
    min_balance = AmountField(
        label=_("Solo lo que deba más de"), required=False, help_text=_("Vacío: cualquier saldo.")
    )
    only_overdue = forms.BooleanField(
        label=_("El mensaje solo enlista lo vencido"),
        required=False,
        help_text=_("Sin marcar, enlista también lo que está por vencer."),
    )
    columns = forms.MultipleChoiceField(
        label=_("Columnas de la tabla"),
        choices=COLUMNS,
        required=False,
        initial=DEFAULT_COLUMNS,
        widget=forms.CheckboxSelectMultiple,
    )
    attach_pdf = forms.BooleanField(label=_("PDF de cada factura"), required=False, initial=True)
    attach_xml = forms.BooleanField(label=_("XML de cada factura"), required=False, initial=True)
    attach_statement = forms.BooleanField(label=_("Estado de cuenta en PDF"), required=False)

    def __init__(self, *args: Any, currency: str, decimal: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount = self.fields["min_balance"]
        assert isinstance(amount, AmountField)  # noqa: S101
        amount.currency, amount.decimal = currency, decimal
        self.currency = currency
        self.fields["min_balance"].label = _now("Solo saldos desde (%(currency)s)") % {"currency": currency}


class RuleForms:
    """A rule and its steps as one thing that is drawn, read and checked together."""

    def __init__(
        self,
        *,
        currency: str,
        decimal: str,
        templates: Sequence[Template] = (),
        data: Mapping[str, Any] | None = None,
        rule: ReminderRule | None = None,
        steps: Sequence[ReminderStep] = (),
        words: Mapping[Any, Mapping[str, str]] | None = None,
    ) -> None:
        initial = rule_initial(rule) if rule else None
        self.rule = RuleForm(data, currency=currency, decimal=decimal, initial=initial)
        self.steps = [
            StepForm(data, prefix=prefix, when=when, templates=templates, initial=values)
            for prefix, when, values in slots(rule, steps, words or {})
        ]

    def is_valid(self) -> bool:
        """Every part is right, and something would be sent."""
        right = [form.is_valid() for form in (self.rule, *self.steps)]
        if not all(right):
            return False
        if not any(form.cleaned_data["is_on"] for form in self.steps):
            self.rule.add_error(None, _now("Marca al menos un aviso: así como está, la regla no enviaría nada."))
            return False
        return True

    def of(self, *whens: str) -> list[StepForm]:
        return [form for form in self.steps if form.when in whens]

    @property
    def before(self) -> list[StepForm]:
        return self.of(When.BEFORE)

    @property
    def before_more(self) -> list[StepForm]:
        """Those that wait behind “more”: nobody uses them yet."""
        rows = self.before
        last = max([at for at, form in enumerate(rows) if form["is_on"].value()], default=0)
        return rows[max(2, last + 1) :]

    @property
    def before_first(self) -> list[StepForm]:
        rows = self.before
        return rows[: len(rows) - len(self.before_more)]

    @property
    def later(self) -> list[StepForm]:
        return self.of(When.ON_DAY, When.AFTER, When.REPEAT)

    @property
    def paid(self) -> list[StepForm]:
        return self.of(When.PAID)

    def words(self) -> RuleWords:
        """What was written, for the operation."""
        data = self.rule.cleaned_data
        names = ("name", "grouping", "only_overdue", "attach_pdf", "attach_xml", "attach_statement")
        return RuleWords(
            steps=tuple(form.words() for form in self.steps if not form.is_new_and_off),
            min_balance=data["min_balance"] or 0,
            min_currency=self.rule.currency,
            columns=tuple(data["columns"]),
            **{name: data[name] for name in names},
        )

    def say_why(self, error: Refused | Stale) -> int:
        """Put a refusal on the form; the status of the answer (409 when somebody else saved first)."""
        field = getattr(error, "field", "")
        self.rule.add_error(field if field in self.rule.fields else None, spoken(error))
        return 409 if isinstance(error, Stale) else 422


def steps_on(data: Mapping[str, Any]) -> list[StepForm]:
    """The steps that a form sent has ticked, whatever rule it is of."""
    prefixes = ((when, f"{when}-{at}") for when in When for at in range(MAX_SLOTS))
    return [StepForm(data, prefix=prefix, when=when) for when, prefix in prefixes if f"{prefix}-is_on" in data]


def rule_initial(rule: ReminderRule) -> dict[str, Any]:
    names = (
        "name", "grouping", "only_overdue", "columns", "attach_pdf", "attach_xml", "attach_statement", "version",
    )  # fmt: skip
    least = minor_text(rule.min_balance, rule.min_currency) if rule.min_balance and rule.min_currency else ""
    columns = rule.columns or list(DEFAULT_COLUMNS)
    return {name: getattr(rule, name) for name in names} | {"min_balance": least, "columns": columns}


def slots(
    rule: ReminderRule | None, steps: Sequence[ReminderStep], words: Mapping[Any, Mapping[str, str]]
) -> list[tuple[str, str, dict[str, Any]]]:
    """A place for each step that is there and for those that could be: (prefix, when, what is in it)."""
    if rule is None:
        counted: dict[str, int] = {}
        found = []
        for when, days, times, is_on in USUAL:
            at = counted[when] = counted.get(when, -1) + 1
            found.append((f"{when}-{at}", str(when), _usual(when, days, times) | {"is_on": is_on}))
        return found
    found = []
    for when in When:
        rows = [step for step in steps if step.when == when]
        rows.sort(key=lambda step: -step.days if step.when == When.BEFORE else step.days)
        spare = [each for each in USUAL if each[0] == when]
        kept = [_kept(step) | dict(words.get(step.pk, {})) for step in rows]
        kept += [_usual(*each[:3]) | {"is_on": False} for each in spare[len(kept) :]]
        found += [(f"{when}-{at}", str(when), values) for at, values in enumerate(kept)]
    return found


def _usual(when: str, days: int, times: int | None) -> dict[str, Any]:
    return {
        "days": days, "times": times, "channels": [Channel.EMAIL], "way": Channel.EMAIL,
        "tone": TONES.get(When(when), Tone.NEUTRAL), "needs_approval": False,
    }  # fmt: skip


def _kept(step: ReminderStep) -> dict[str, Any]:
    names = ("days", "times", "until_days", "channels", "tone", "needs_approval", "is_on")
    way = EVERY if step.every_channel else next(iter(step.channels), Channel.EMAIL)
    return {name: getattr(step, name) for name in names} | {"step": str(step.pk), "way": way}
