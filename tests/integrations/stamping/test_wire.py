"""What PACs say, sorted: no to the document, no stamps left in the account, a stamp that is there already."""

from __future__ import annotations

import pytest

from aldia.domain.ports.stamping import StampFailure, StampRefused
from aldia.integrations.stamping import wire


@pytest.mark.parametrize(
    ("said", "code", "text"),
    [
        ("CFDI40147 - El nombre no es el registrado.", "CFDI40147", "El nombre no es el registrado."),
        ("302 - Sello mal formado o inválido", "302", "Sello mal formado o inválido"),
        ("401. El rango de la fecha es mayor a 72 horas", "401", "El rango de la fecha es mayor a 72 horas"),
        # what complements say of balances is no word on the account
        ("CRP20239 El campo ImpSaldoAnt debe ser mayor que cero", "CRP20239",
         "El campo ImpSaldoAnt debe ser mayor que cero"),
        ("CRP20240 - Saldo insuficiente del documento", "CRP20240", "Saldo insuficiente del documento"),
        ("El ImpSaldoAnt no es igual al saldo", "refused", "El ImpSaldoAnt no es igual al saldo"),
        ("No se pudo validar", "refused", "No se pudo validar"),
        ("", "refused", wire.GARBLED),
    ],
)  # fmt: skip
def test_a_no_to_the_document_has_its_code_and_its_words(said: str, code: str, text: str) -> None:
    with pytest.raises(StampRefused) as caught:
        wire.refuse(said)
    assert (caught.value.code, caught.value.text) == (code, text)


@pytest.mark.parametrize(
    "said",
    [
        "La cuenta no cuenta con timbres disponibles.",
        "El usuario no cuenta con un saldo de timbres disponibles para el timbrado.",
        "No tienes folios disponibles.",
        "Tu cuenta está sin créditos",
    ],
)
def test_an_account_without_stamps_is_the_accounts_affair(said: str) -> None:
    with pytest.raises(StampFailure) as caught:
        wire.refuse(said)
    assert (caught.value.code, caught.value.permanent, caught.value.is_unknown) == ("balance", True, False)


def test_a_secret_that_a_pac_repeats_is_taken_out() -> None:
    with pytest.raises(StampRefused) as caught:
        wire.refuse("305 El token T-canario-1 no sirve", hidden=["T-canario-1"])
    assert caught.value.text == "El token ••• no sirve"


@pytest.mark.parametrize(
    ("said", "is_so"),
    [
        ("307. El comprobante contiene un timbre previo.", True),
        ("El CFDI contiene un timbre previo", True),
        ("El CustomId ya fue utilizado", True),
        ("302 - Sello mal formado o inválido", False),
        ("", False),
    ],
)
def test_a_stamp_that_is_there_is_told_from_a_no(said: str, is_so: bool) -> None:
    assert wire.says_stamped(said) is is_so
