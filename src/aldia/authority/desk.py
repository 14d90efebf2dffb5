"""One visit to the authority: the adapter, the e.firma opened for this visit, and a session that renews itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from aldia.domain.fiscal.keypairs import KeyPair
from aldia.domain.fiscal.mass_download import Meaning, Next
from aldia.domain.ports.tax import AuthorityFailure, TaxAuthority, Token

Answer = TypeVar("Answer")
SLACK = timedelta(seconds=20)


class Desk:
    """`clock` tells the time: a visit may take longer than a session lasts."""

    def __init__(self, authority: TaxAuthority, signer: KeyPair, clock: Callable[[], datetime]) -> None:
        self.authority, self.signer, self._clock = authority, signer, clock
        self._token: Token | None = None
        self.is_shut: AuthorityFailure | None = None  # why no session could be opened in this visit

    @property
    def now(self) -> datetime:
        return self._clock()

    def open(self) -> Token:
        """The session, opened (again) where there is none that lasts. Raises `AuthorityFailure`."""
        if self._token is None or self._token.expires_at <= self.now + SLACK:
            try:
                self._token = self.authority.open(self.signer, now=self.now)
            except AuthorityFailure as failure:
                self.is_shut = failure
                raise
        return self._token

    def call(self, what: Callable[[Token], Answer], means: Callable[[Answer], Meaning]) -> tuple[Answer, Meaning]:
        """Make a call in the session; once more in a new one when the authority says that it ended."""
        try:
            answer = what(self.open())
        except AuthorityFailure as failure:
            if not failure.is_token:
                raise
        else:
            meaning = means(answer)
            if meaning.next is not Next.NEW_SESSION:
                return answer, meaning
        self._token = None
        answer = what(self.open())
        return answer, means(answer)
