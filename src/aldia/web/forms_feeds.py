"""The form of a connection with a bank, drawn from what its adapter declares."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms

from aldia.banking.models import BankAccount
from aldia.banking.operations.feeds import Details
from aldia.domain.ports.banks import BankFeed
from aldia.web.forms_channels import field_of


class FeedForm(forms.Form):
    """The fields of a feed. `known`: names of the secrets that are kept already."""

    def __init__(
        self, data: Any = None, *, kind: type[BankFeed], account: BankAccount, known: Collection[str] = ()
    ) -> None:
        own = account.feed_settings if account.feed == kind.name else {}
        super().__init__(data, initial={each.name: own.get(each.name, each.default) for each in kind.fields})
        self.kind = kind
        for each in kind.fields:
            self.fields[each.name] = field_of(each, kept=each.name in known)

    def own_fields(self) -> list[Any]:
        """The adapter's fields, in its order."""
        return [self[each.name] for each in self.kind.fields]

    def details(self) -> Details:
        """What was typed, as the operation takes it."""
        values = self.cleaned_data
        return Details(
            settings={each.name: values[each.name] for each in self.kind.fields if not each.is_secret},
            secrets={each.name: values[each.name] for each in self.kind.fields if each.is_secret},
        )
