"""What only one provider has: STP's unsigned notices, Stripe's cash balance, the test provider, our own references."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from aldia.domain import references
from aldia.domain.ports.payments import AccountKind, Method, Payer, PaymentState, ProviderFailure
from aldia.integrations import registry
from aldia.integrations.payments.stripe_objects import from_stripe, limits, to_stripe
from tests.integrations.payments.cases import NOW, STAMP, STP_NOTICE, made
from tests.integrations.payments.peers import serving
from tests.integrations.payments.test_notices import read, signed
from tests.integrations.payments.test_provider_conformance import ACCOUNT, ASKED, SINCE, UNTIL
from tests.integrations.payments.world_mercado_pago import MercadoPagoWorld
from tests.integrations.payments.world_sandbox import SandboxWorld
from tests.integrations.payments.world_stp import StpWorld
from tests.integrations.payments.world_stripe import StripeWorld

# ---- STP


def unconfirmed(notice: dict[str, Any]) -> Any:
    """The notice as an account without a signing key reads it."""
    return read("stp", signed("stp", notice), made("stp", private_key=""))


def test_without_a_key_a_person_confirms() -> None:
    (notice,) = unconfirmed(STP_NOTICE)
    assert notice.needs_proof
    seen = notice.seen
    assert seen is not None
    assert (seen.received, seen.currency, seen.state) == (150_050, "MXN", PaymentState.SUCCEEDED)
    assert (seen.paid_on, seen.paid_at) == (date(2026, 11, 22), datetime(2026, 11, 22, 15, tzinfo=UTC))
    assert (seen.paid_into, seen.trace, seen.reference) == ("646180123400000014", "MBAN01002611220000001", "1234567")
    assert seen.payer == Payer("Cliente de prueba", "", "012180000000000008", "BBVA México")
    with pytest.raises(ProviderFailure) as failure:
        made("stp", private_key="").fetch(notice.subject)
    assert failure.value.code == "unsupported"
    assert made("stp", private_key="").received(SINCE, UNTIL) == []


def test_the_older_names_of_a_notice() -> None:
    older = {
        "Clave": 56, "FechaOperacion": 20261122, "InstitucionOrdenanteClave": 40012, "ClaveRastreo": "MBAN0100261122",
        "InstitucionBeneficiariaClave": 90646, "Monto": 1500.5, "NombreOrdenante": "Cliente", "RFCCurpOrdenante": "ND",
        "TipoCuentaOrdenanteClave": 40, "CuentaOrdenante": "012180000000000008", "CuentaBeneficiario": "64618012340000",
        "ConceptoPago": "Pago", "ReferenciaNumerica": 1234567, "Empresa": STP_NOTICE["empresa"],
    }  # fmt: skip
    (notice,) = unconfirmed(older)
    assert notice.subject == "20261122:012:150050:MBAN0100261122"
    assert notice.seen is not None
    assert notice.seen.payer.name == "Cliente"


@pytest.mark.parametrize(
    ("written", "centavos"),
    [("5", 500), ("0.01", 1), ("0.29", 29), ("1500.50", 150_050), ("99999999.99", 9_999_999_999), ('"123.12"', 12_312)],
)
def test_pesos_never_pass_through_a_float(written: str, centavos: int) -> None:
    body = json.dumps(STP_NOTICE).replace("1500.5", written).encode()
    (notice,) = read("stp", signed("stp", body), made("stp", private_key=""))
    assert notice.seen is not None
    assert notice.seen.received == centavos


@pytest.mark.parametrize("written", ["0", "-5", "0.001", "1e400", "NaN", "null", "true", '"1,5"', "1e15", "[]", '""'])
def test_what_is_no_amount(written: str) -> None:
    body = json.dumps(STP_NOTICE).replace("1500.5", written).encode()
    with pytest.raises(ValueError, match="STP"):
        read("stp", signed("stp", body), made("stp", private_key=""))


def test_a_spei_is_told_apart_by_four_things() -> None:
    """A clave de rastreo alone is unique only for a bank and a day."""
    changes: list[dict[str, Any]] = [
        {}, {"claveRastreo": "OTRA"}, {"fechaOperacion": 20261123}, {"institucionOrdenante": 40072}, {"monto": 1500.51},
    ]  # fmt: skip
    names = [unconfirmed(STP_NOTICE | change)[0].event_id for change in changes]
    assert len(set(names)) == len(names)
    assert unconfirmed(STP_NOTICE | {"institucionOrdenante": 12})[0].event_id == names[0], "40012 is bank 012"
    assert unconfirmed(STP_NOTICE | {"id": 99, "tsLiquidacion": "1795359600001"})[0].event_id == names[0]


def test_what_is_no_customers_payment() -> None:
    assert unconfirmed(STP_NOTICE | {"tipoPago": 0}) == [], "our own money that came back"
    for change in ({"empresa": "OTRA"}, {"claveRastreo": ""}, {"fechaOperacion": 20261399}, {"Monto": 7}):
        with pytest.raises(ValueError, match="STP"):
            unconfirmed(STP_NOTICE | change)
    assert made("stp").answer([]) == (200, '{"mensaje":"confirmar"}')


def test_an_order_is_confirmed_as_it_was_told() -> None:
    with serving(StpWorld()) as world:
        assert isinstance(world, StpWorld)
        told = world.arrive(1500.5)
        old = world.arrive(20.0, trace="VIEJA", on="20261112")
        back = world.arrive(30.0, trace="DEVUELTA", status="TCL")
        provider = made("stp", world)
        assert provider.fetch(told).received == 150_050
        assert provider.fetch(old).paid_on == date(2026, 11, 12)
        assert provider.fetch(back).state == PaymentState.REFUNDED
        forged = told.replace("150050", "950050")
        for wrong in (forged, told.replace(":012:", ":072:"), "20261122:012:1:NADIE", "x", ""):
            with pytest.raises(ProviderFailure) as failure:
                provider.fetch(wrong)
            assert failure.value.permanent
        found = provider.received(datetime(2026, 11, 12, 12, tzinfo=UTC), UNTIL)
        assert {each.provider_id for each in found} == {told, old, back}


def test_a_clabe_is_registered_once() -> None:
    with serving(StpWorld()) as world:
        assert isinstance(world, StpWorld)
        provider = made("stp", world, registers="si")
        assert provider.open_account(ACCOUNT) == provider.open_account(ACCOUNT)
        assert len(world.registered) == 1
        with pytest.raises(ProviderFailure, match="RFC"):
            provider.open_account(replace(ACCOUNT, customer_tax_id="RUAA800101AB1"))


@pytest.mark.parametrize(("prefix", "code"), [("646", "bad_prefix"), ("64618012340000", "no_more_clabes")])
def test_a_prefix_that_does_not_do(prefix: str, code: str) -> None:
    with pytest.raises(ProviderFailure) as failure:
        made("stp", clabe_prefix=prefix).open_account(replace(ACCOUNT, sequence=1_000))
    assert (failure.value.code, failure.value.permanent) == (code, True)


def test_a_key_of_stp_that_does_not_open() -> None:
    for changes in ({"private_key": "basura"}, {"private_key_password": "otra"}):
        with pytest.raises(ProviderFailure) as failure:
            made("stp", **changes).check()
        assert (failure.value.code, failure.value.permanent) == ("key", False)


# ---- Stripe


def test_money_in_the_cash_balance_is_taken_once() -> None:
    with serving(StripeWorld()) as world:
        assert isinstance(world, StripeWorld)
        provider = made("stripe", world)
        customer = provider.open_account(ACCOUNT).provider_id
        first, second = world.fund(customer, 10_000), world.fund(customer, 25_000)
        for _again in range(3):
            assert [provider.fetch(each).received for each in (first, second)] == [10_000, 25_000]
        assert world.cash[customer] == 0
        assert len(world.made("POST", "/payment_intents")) == 2
        world.by_key.clear()  # a day later Stripe has forgotten the keys
        assert provider.fetch(first).fee > 0
        assert provider.open_account(ACCOUNT).provider_id == customer
        assert len(world.intents) == 2
        third = world.fund(customer, 5_000)
        world.cash[customer] = 0  # the company took it by hand
        assert provider.fetch(third).state == PaymentState.SUCCEEDED


def test_money_of_customers_that_are_not_ours() -> None:
    with serving(StripeWorld()) as world:
        assert isinstance(world, StripeWorld)
        world.customers["cus_x"] = {"id": "cus_x", "metadata": {}}
        with pytest.raises(ProviderFailure) as failure:
            made("stripe", world).fetch(world.fund("cus_x", 100))
        assert (failure.value.code, failure.value.permanent) == ("not_ours", True)
        assert world.cash["cus_x"] == 100, "not touched"
        assert made("stripe", world).received(SINCE, UNTIL) == []


def test_a_refund_or_dispute_names_the_payment() -> None:
    with serving(StripeWorld()) as world:
        assert isinstance(world, StripeWorld)
        provider = made("stripe", world)
        session = provider.ask(ASKED).provider_id
        world.pay(session)
        seen = provider.fetch(f"pi_{session}")
        assert (seen.provider_id, seen.key) == (session, ASKED.key)
        world.dispute(session, "needs_response")
        assert provider.fetch(f"pi_{session}").state == PaymentState.DISPUTED


@pytest.mark.parametrize(
    ("currency", "ours", "theirs"),
    [("MXN", 12_345, 12_345), ("CLP", 1_500, 1_500), ("JPY", 7, 7), ("MGA", 500, 5), ("ISK", 7, 700), ("UGX", 3, 300),
     ("KWD", 1_230, 1_230), ("COP", 100, 100)],
)  # fmt: skip
def test_stripes_decimals(currency: str, ours: int, theirs: int) -> None:
    assert to_stripe(ours, currency) == theirs
    assert from_stripe(theirs, currency.lower()) == ours
    assert limits(Method.CARD, currency) is not None


def test_fractions_that_stripe_has_not() -> None:
    for amount, currency in ((501, "MGA"), (1_231, "KWD")):
        with pytest.raises(ProviderFailure):
            to_stripe(amount, currency)
    assert limits(Method.CARD, "CLF") is None


# ---- Mercado Pago


def test_money_goes_over_as_it_was_written() -> None:
    with serving(MercadoPagoWorld()) as world:
        provider = made("mercado_pago", world)
        for number, (amount, written) in enumerate(
            [(150_050, b"1500.5"), (100, b"1"), (29, b"0.29"), (99_999_999, b"999999.99")]
        ):
            provider.ask(replace(ASKED, amount=amount, key=f"k-{number}"))
            assert b'"unit_price":' + written + b"}" in world.requests[-1].body.replace(b" ", b"")
        provider.ask(replace(ASKED, amount=1_500, currency="CLP", key="clp"))
        assert b'"unit_price":1500}' in world.requests[-1].body.replace(b" ", b"")


def test_a_notice_of_a_payment_leads_to_all_of_its_key() -> None:
    with serving(MercadoPagoWorld()) as world:
        assert isinstance(world, MercadoPagoWorld)
        provider = made("mercado_pago", world)
        payment = world.pay(provider.ask(ASKED).provider_id)
        world.chargebacks["cb9"] = {"id": "cb9", "payments": [int(payment)]}
        for provider_id in (ASKED.key, payment, "cb-cb9"):  # one payment, whatever name it is told by
            seen = provider.fetch(provider_id)
            assert (seen.received, seen.provider_id, seen.key) == (150_050, ASKED.key, ASKED.key)
        for _more in range(60):
            world.pay(ASKED.key)
        assert provider.fetch(payment).received == 61 * 150_050, "page by page"
        world.payments[int(payment)]["external_reference"] = ""
        with pytest.raises(ProviderFailure, match="Aldía"):
            provider.fetch(payment)


# ---- the test provider


def test_a_notice_of_the_test_provider_comes_back_to_it() -> None:
    provider = made("sandbox")
    headers, body = provider.sign_notice(
        event_id="evt_9", kind="payment.refunded", provider_id="pago_9", key="k", now=NOW
    )
    for _again in range(2):  # it may repeat itself
        (notice,) = provider.read_notice(headers=headers | {":received": NOW.isoformat()}, query={}, body=body)
        assert (notice.event_id, notice.kind, notice.subject, notice.key) == (
            "evt_9",
            "payment.refunded",
            "pago_9",
            "k",
        )
        assert notice.at == datetime.fromtimestamp(STAMP, UTC)


def test_new_secrets_are_never_the_same() -> None:
    kind: Any = registry.payment_provider("sandbox")
    assert len({kind.new_secrets()["webhook_secret"] for _turn in range(20)}) == 20
    late = NOW + timedelta(minutes=6)
    first, second = (kind({}, kind.new_secrets()) for _turn in range(2))
    _headers, body = first.sign_notice(event_id="e", kind="k", provider_id="p", now=late)
    assert first.open_account(ACCOUNT) != second.open_account(ACCOUNT)
    assert b"prueba_" not in body


def test_the_test_provider_names_the_clabe_it_was_given() -> None:
    provider = made("sandbox", SandboxWorld())
    offer = provider.ask(replace(ASKED, method=Method.SPEI, collection_account="999180000000000013"))
    assert (offer.value, offer.kind, offer.bank) == ("999180000000000013", AccountKind.CLABE, "Banco de prueba")


# ---- the company's own account


def transfer(**settings: str) -> Any:
    kind: Any = registry.payment_provider("transfer")
    return kind({"account": "012180001234567899", "beneficiary": "Comercial del Valle", **settings}, {})


def test_a_reference_for_each_customer() -> None:
    asked = replace(ASKED, method=Method.TRANSFER, collection_account="1000074")
    account = transfer().open_account(ACCOUNT)
    assert (account.kind, account.beneficiary, account.bank) == (
        AccountKind.REFERENCE,
        "Comercial del Valle",
        "BBVA México",
    )
    assert references.is_reference(account.value)
    assert transfer(reference_prefix="cli").open_account(ACCOUNT).value == f"CLI{account.value}"
    offer = transfer().ask(asked)
    assert (offer.value, offer.reference, offer.provider_id) == ("012180001234567899", "1000074", "")
    assert transfer().check() == "La CLABE está bien escrita: es de BBVA México."


@pytest.mark.parametrize(
    "settings", [{"account": "012180001234567890"}, {"account": ""}, {"reference_prefix": "C-1"}, {"account": "1234"}]
)
def test_an_account_that_cannot_be_paid_into(settings: dict[str, str]) -> None:
    with pytest.raises(ProviderFailure) as failure:
        transfer(**settings).open_account(ACCOUNT)
    assert failure.value.permanent


def test_an_account_in_another_currency() -> None:
    provider = transfer(currency="EUR", account="ES9121000418450200051332", bank="CaixaBank")
    assert provider.limits(Method.TRANSFER, "MXN") is None
    offer = provider.ask(replace(ASKED, method=Method.TRANSFER, currency="EUR"))
    assert (offer.value, offer.kind, offer.bank) == ("ES9121000418450200051332", None, "CaixaBank")
    assert "EUR" in provider.check()
    with pytest.raises(ProviderFailure):
        provider.ask(replace(ASKED, method=Method.TRANSFER))
