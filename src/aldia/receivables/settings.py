"""How the company in scope collects."""

from __future__ import annotations

from aldia.receivables.models import CollectionSettings
from aldia.tenancy.scope import current_company_id


def collection_settings() -> CollectionSettings:
    """The company's settings; the defaults, unsaved, where it never changed them."""
    return CollectionSettings.objects.first() or CollectionSettings(company_id=current_company_id())
