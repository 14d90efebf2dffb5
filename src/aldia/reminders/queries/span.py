"""Which customers a question is about: some, or all those between two ids (planning goes through them in order)."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import Q


@dataclass(frozen=True, slots=True)
class Span:
    """Customers by id, or those after `after` up to `last` (None: from the first)."""

    ids: tuple[uuid.UUID, ...] | None = None
    after: uuid.UUID | None = None
    last: uuid.UUID | None = None

    @classmethod
    def of(cls, ids: Collection[uuid.UUID]) -> Span:
        return cls(tuple(set(ids)))

    def q(self, path: str) -> Q:
        """The condition on a column that holds a customer's id, named by its path."""
        if self.ids is not None:
            return Q(**{f"{path}__in": self.ids})
        condition = Q() if self.after is None else Q(**{f"{path}__gt": self.after})
        return condition if self.last is None else condition & Q(**{f"{path}__lte": self.last})
