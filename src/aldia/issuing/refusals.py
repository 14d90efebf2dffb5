"""Why a document in the making cannot be what somebody asked for: sentences for people."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from aldia.domain.fiscal.draft_findings import Finding


class DraftingError(ValueError):
    """It cannot be done; the text is a sentence for people."""


class Stale(DraftingError):
    """Somebody changed the document meanwhile."""

    def __init__(self) -> None:
        super().__init__(
            _("Alguien guardó cambios aquí mientras editabas. Revisa cómo quedó y vuelve a escribir lo tuyo.")
        )


class NotReady(DraftingError):
    """The draft has findings: they say which fields to mend."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(_(findings[0].template) % findings[0].params)
        self.findings = tuple(findings)
