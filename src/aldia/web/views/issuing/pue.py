"""PUE invoices at risk at the end of the month, and what to do with each."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from aldia.domain.fiscal.complement_plan import Risk
from aldia.issuing.queries.pue import MOST, at_risk
from aldia.receivables.methods import method_name
from aldia.receivables.models import Receivable
from aldia.tenancy import permissions
from aldia.web import clock
from aldia.web.access import CompanyRequest, needs
from aldia.web.views.receivables.common import sight


@require_safe
@needs(permissions.VIEW)
def index(request: CompanyRequest) -> HttpResponse:
    today = clock.today(request.company)
    rows = sight(request).narrow(Receivable.objects.all())
    found = at_risk(rows, today)
    groups = [
        (str(risk), [(each, method_name(each.form)) for each in found if each.risk == risk])
        for risk in (Risk.WATCH, Risk.BROKEN, Risk.OTHER_FORM)
    ]
    context = {
        "groups": [(risk, items) for risk, items in groups if items],
        "count": len(found),
        "is_cut": len(found) >= MOST,
    }
    return render(request, "issuing/pue.html", context)
