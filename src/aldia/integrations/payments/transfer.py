"""A transfer to the company's own account, told apart by a reference per customer. Nobody to ask and nobody to tell us:
the money is seen in the bank statement, and the reference says whose it is.
"""

from __future__ import annotations

import re
from typing import ClassVar

from aldia.domain import clabe, references
from aldia.domain.ports.payments import (
    AccountAsked,
    AccountKind,
    Asked,
    Field,
    Limits,
    Method,
    Offer,
    OpenedAccount,
    ProviderFailure,
    Seen,
)
from aldia.domain.sentences import Refusal, gettext_noop
from aldia.domain.tax_ids import check_clabe
from aldia.integrations.payments.base import Base, unsupported


class Transfer(Base):
    """The company's own account at its bank."""

    name: ClassVar[str] = "transfer"
    label: ClassVar[str] = gettext_noop("Transferencia a tu cuenta")
    countries: ClassVar[frozenset[str]] = frozenset({"MX", "CL", "CO", "ES"})
    methods: ClassVar[tuple[Method, ...]] = (Method.TRANSFER,)
    opens_accounts: ClassVar[bool] = True
    has_notices: ClassVar[bool] = False
    fields: ClassVar[tuple[Field, ...]] = (
        Field("account", gettext_noop("CLABE o número de cuenta")),
        Field("bank", gettext_noop("Banco"), required=False, help=gettext_noop("En México lo dice la CLABE.")),
        Field("beneficiary", gettext_noop("Titular de la cuenta")),
        Field("currency", gettext_noop("Moneda"), default="MXN", help="MXN, USD, EUR, CLP, COP"),
        Field(
            "reference_prefix",
            gettext_noop("Letras antes de la referencia"),
            required=False,
            help=gettext_noop(
                "Hasta seis letras, por ejemplo CLI. Déjalo vacío si tus clientes pagan por SPEI: "
                "su referencia numérica lleva siete dígitos y nada más."
            ),
        ),
    )
    help: ClassVar[str] = gettext_noop(
        "1. Escribe la CLABE (o la cuenta) donde cobras y el nombre del titular tal como lo tiene el banco. "
        "2. Cada cliente recibe una referencia de siete dígitos, solo suya; la última es de control. "
        "3. Se imprime en su estado de cuenta y en los recordatorios: debe escribirla en «Referencia numérica» o en el "
        "concepto. 4. El pago se reconoce al subir tu estado de cuenta del banco; no llega ningún aviso antes."
    )

    @property
    def currency(self) -> str:
        return self.setting("currency", "MXN").upper()

    def limits(self, method: Method, currency: str) -> Limits | None:
        return Limits() if method == Method.TRANSFER and currency == self.currency else None

    def ask(self, asked: Asked) -> Offer:
        """Where to send it; nothing is made anywhere, so there is nothing to ask about afterwards (no id)."""
        if self.limits(asked.method, asked.currency) is None:
            raise ProviderFailure("currency", "La cuenta recibe otra moneda.", permanent=True)
        account = self._account()
        return Offer(
            "",
            value=account,
            kind=AccountKind.CLABE if re.fullmatch(r"[0-9]{18}", account) else None,
            bank=self._bank(account),
            beneficiary=self.setting("beneficiary"),
            reference=asked.collection_account,
        )

    def fetch(self, provider_id: str) -> Seen:
        unsupported()

    def open_account(self, asked: AccountAsked) -> OpenedAccount:
        prefix = self.setting("reference_prefix").upper()
        if not re.fullmatch(r"[A-Z]{0,6}", prefix, re.ASCII):
            raise ProviderFailure("prefix", "Antes de la referencia solo van hasta seis letras.", permanent=True)
        try:
            value = prefix + references.reference(asked.sequence)
        except Refusal as refusal:
            raise ProviderFailure(refusal.code, refusal.message, permanent=True) from None
        account = self._account()
        return OpenedAccount(
            AccountKind.REFERENCE, value, bank=self._bank(account), beneficiary=self.setting("beneficiary")
        )

    def check(self) -> str:
        account = self._account()
        bank = self._bank(account)
        if self.currency != "MXN":
            return f"Los pagos en {self.currency} se piden a la cuenta que termina en {account[-4:]}."
        if not bank:
            return f"La CLABE está bien escrita, pero no conocemos el banco {account[:3]}: revísala."
        return f"La CLABE está bien escrita: es de {bank}."

    def _account(self) -> str:
        """The account as it is written to people. Raises `ProviderFailure` for a CLABE that cannot be one."""
        written = self.setting("account")
        if self.currency == "MXN":
            try:
                return check_clabe(written)
            except Refusal as refusal:
                raise ProviderFailure(refusal.code, refusal.message, permanent=True) from None
        if not written:
            raise ProviderFailure("account", "Falta el número de cuenta.", permanent=True)
        return written

    def _bank(self, account: str) -> str:
        return self.setting("bank") or (clabe.bank_of(account) if len(account) == 18 else "")
