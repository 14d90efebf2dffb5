"""The chart of accounts of the subledger: one account per role, made once per company, renamed at will."""

from __future__ import annotations

import uuid

from django.db import transaction

from aldia.receivables.models import LedgerAccount
from aldia.tenancy.scope import current_company_id

# role -> (code, name): codes follow Mexico's "código agrupador" of the SAT where it has one
# (https://www.sat.gob.mx/consultas/42150/catalogos-y-codigo-agrupador)
CHART: dict[str, tuple[str, str]] = {
    "receivable": ("105.01", "Clientes"),
    "customer_credit": ("206.01", "Anticipos y saldos a favor de clientes"),
    "clearing": ("102.99", "Cobros por conciliar"),
    "bank": ("102.01", "Bancos"),
    "income": ("401.01", "Ventas facturadas"),
    "sales_returns": ("402.01", "Devoluciones, descuentos y bonificaciones"),
    "opening": ("300.99", "Saldos iniciales"),
    "write_off": ("612.01", "Cuentas incobrables"),
    "discounts": ("402.02", "Descuentos por pronto pago"),
    "withholding": ("113.99", "Retenciones a favor"),
    "adjustment": ("899.01", "Ajustes de cobranza"),
    "presumed": ("102.98", "Cobros presuntos (PUE)"),
    "fx": ("702.01", "Diferencias cambiarias"),
    "fees": ("701.10", "Comisiones de cobro"),
}


OWN = "adjust:"  # how the role of an account begins that the company opened for adjustments


_known: dict[uuid.UUID, dict[str, uuid.UUID]] = {}  # charts that are committed; ids of accounts never change


def accounts() -> dict[str, uuid.UUID]:
    """Return account ids by role for the company in scope, creating the chart the first time."""
    company_id = current_company_id()
    if company_id in _known:
        return _known[company_id]
    found = dict(LedgerAccount.objects.values_list("role", "id"))
    if CHART.keys() - found.keys():
        rows = [
            LedgerAccount(company_id=company_id, role=role, code=code, name=name)
            for role, (code, name) in CHART.items()
            if role not in found
        ]
        LedgerAccount.all_companies.bulk_create(rows, ignore_conflicts=True)
        found = dict(LedgerAccount.objects.values_list("role", "id"))
    transaction.on_commit(lambda: _known.__setitem__(company_id, found))
    return found


def account_of(role: str) -> uuid.UUID:
    """The id of an account that the company opened. KeyError: there is none of that role."""
    found = LedgerAccount.objects.filter(role=role).values_list("id", flat=True).first()
    if found is None:
        raise KeyError(role)
    return found
