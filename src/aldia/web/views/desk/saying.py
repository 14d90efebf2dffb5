"""What to say on the phone: how to open, what to ask for and what not, by how the customer stands. For people to read
first and say their own way; nothing here is sent to anybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from aldia.collections.queries.file import Debt, File
from aldia.tenancy.models import Company
from aldia.web.formatting import amount_text, day_text


@dataclass(frozen=True, slots=True)
class Saying:
    """`why` the reason of the call, `opening` the first words, `points` what to see to, `close` what to end with."""

    why: str
    opening: str
    points: tuple[str, ...]
    close: str


# The longest overdue decides: from this day on, these words (what to ask for, how to end).
STAGES = (
    (91, gettext_lazy("Es la última plática antes de pasarlo a otra instancia: dilo con respeto y sin amenazas."),
     gettext_lazy("Pide hablar con quien decide y cierra con fecha e importe, o con un plan de pagos por escrito.")),
    (61, gettext_lazy("Pregunta qué impide pagar: dinero, un trámite o la factura. Cada caso se atiende distinto."),
     gettext_lazy("Cierra con un pago hoy, aunque sea en parte, y la fecha del resto.")),
    (31, gettext_lazy("Pregunta por qué sigue pendiente y quién autoriza el pago."),
     gettext_lazy("Cierra con fecha e importe. Si no puede todo, ofrece un plan de pagos.")),
    (8, gettext_lazy("Confirma que tienen la factura y su complemento, y pregunta en qué fecha sale el pago."),
     gettext_lazy("Cierra con la fecha en que sale el pago.")),
    (1, gettext_lazy("Puede ser un olvido: confirma que recibieron la factura y que no falta nada."),
     gettext_lazy("Pregunta en qué día sale el pago y anótalo como promesa.")),
)  # fmt: skip


def what_to_say(file: File, *, company: Company, today: date) -> Saying:
    """The words for a customer as it stands now."""
    late = [debt for debt in file.debts if debt.is_late]
    asked = _sum([debt for debt in late if debt.asked] or late, company)
    days = max((debt.days_late for debt in late), default=0)
    stage = next((each for each in STAGES if days >= each[0]), None) if any(debt.asked for debt in late) else None
    return Saying(
        _why(file, asked, days, company, today),
        _opening(file, asked, company),
        tuple(_points(file, str(stage[1]) if stage else "", company)),
        str(stage[2]) if stage else _("Confirma la fecha en que lo tienen programado."),
    )


def _why(file: File, asked: str, days: int, company: Company, today: date) -> str:
    if file.next is not None and file.next.next_on is not None and file.next.next_on <= today:
        step = file.next.next_note or str(file.next.get_next_kind_display())
        return _("Quedaron en hablar el %(day)s: %(step)s") % {"day": day_text(file.next.next_on), "step": step}
    if (broken := file.broken) is not None:
        promise = broken.promise
        amount = amount_text(promise.amount, promise.currency, company)
        return _("Prometió %(amount)s para el %(day)s y no llegó completo.") % {
            "amount": amount, "day": day_text(promise.due_on),
        }  # fmt: skip
    if days and not any(debt.asked for debt in file.debts if debt.is_late):
        return _("Todo lo vencido ya está atendido: hoy no hay nada que pedir.")
    if days:
        text = ngettext("Debe %(amount)s desde hace %(n)d día.", "Debe %(amount)s; lo más viejo, %(n)d días.", days)
        return text % {"amount": asked, "n": days}
    if file.debts:
        first = file.debts[0].receivable
        return _("Lo primero que vence es %(number)s, el %(day)s.") % {
            "number": first.number, "day": day_text(first.due_on),
        }  # fmt: skip
    return _("No debe nada: no hace falta llamarle.")


def _opening(file: File, asked: str, company: Company) -> str:
    """The first sentence, to be read aloud."""
    person = next((each.name.split()[0] for each in file.contacts if each.name.strip()), "")
    greeting = _("Buen día, %(name)s.") % {"name": person} if person else _("Buen día.")
    house = _("Le llamo de %(company)s") % {"company": company}
    if (broken := file.broken) is not None:
        day = day_text(broken.promise.due_on)
        matter = _("por el pago que quedó para el %(day)s; no lo vemos completo. ¿Me ayuda a ubicarlo?") % {"day": day}
    elif any(debt.is_late for debt in file.debts) and not any(debt.asked for debt in file.debts if debt.is_late):
        matter = _("para confirmar que sigue en pie lo que acordamos.")
    elif any(debt.is_late for debt in file.debts):
        matter = _("por un saldo vencido de %(amount)s. ¿Con quién puedo ver la fecha de pago?") % {"amount": asked}
    elif file.debts:
        matter = _("para confirmar que tengan programado el pago de %(number)s.") % {
            "number": file.debts[0].receivable.number
        }
    else:
        matter = _("para agradecerle: está al corriente.")
    return f"{greeting} {house} {matter}"


def _points(file: File, stage: str, company: Company) -> Iterator[str]:
    """What to see to in this call: what is in hand first, so that nobody asks for it again."""
    disputed = [debt for debt in file.debts if debt.dispute is not None]
    if disputed:
        yield _("No pidas lo que está en disputa (%(numbers)s); di en qué va la respuesta.") % {
            "numbers": _numbers(disputed)
        }
    if reported := [debt for debt in file.debts if debt.is_reported]:
        yield _("Ya avisó que pagó %(numbers)s: pide el comprobante antes de volver a cobrarlo.") % {
            "numbers": _numbers(reported)
        }
    if held := [debt for debt in file.debts if debt.promised]:
        yield _("Ya prometió %(numbers)s: no lo vuelvas a pedir antes de su día.") % {"numbers": _numbers(held)}
    if any(view.state == "plan_late" for view in file.plans):
        yield _("Tiene un pago de su plan atrasado: pide primero ese.")
    if free := [each for each in file.positions if each.in_favour]:
        amount = amount_text(free[0].in_favour, free[0].currency, company)
        yield _("Tiene %(amount)s a favor sin aplicar: ofrece aplicarlos.") % {"amount": amount}
    if file.broken is not None:
        yield _("Pregunta qué pasó con la promesa antes de aceptar otra, y pide una fecha más cercana.")
    if not any(each.phone or each.whatsapp for each in file.contacts):
        yield _("No hay teléfono en su ficha: búscalo en la factura y agrégalo.")
    if stage:
        yield stage


def _numbers(debts: list[Debt]) -> str:
    shown = ", ".join(debt.receivable.number for debt in debts[:3])
    return f"{shown}…" if len(debts) > 3 else shown


def _sum(debts: list[Debt], company: Company) -> str:
    """What they add up to, each currency on its own."""
    totals: dict[str, int] = {}
    for debt in debts:
        row = debt.receivable
        totals[row.currency] = totals.get(row.currency, 0) + (debt.asked or row.balance)
    return " + ".join(amount_text(minor, code, company) for code, minor in totals.items()) or amount_text(
        0, company.currency, company
    )
