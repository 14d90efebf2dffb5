"""One suite over every provider: asking, looking, sending back, opening accounts, over real sockets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from aldia.domain.money import format_money
from aldia.domain.ports.payments import (
    RANK,
    AccountAsked,
    AccountKind,
    Asked,
    Method,
    PaymentState,
    Provider,
    ProviderFailure,
)
from aldia.domain.tax_ids import check_clabe
from aldia.integrations import registry
from aldia.integrations.payments import fintoc, stripe_objects
from tests.integrations.payments.cases import CASES, made
from tests.integrations.payments.peers import World

NAMES = sorted(CASES)
ASKING = [(name, method.value) for name in NAMES for method in CASES[name].asks]
STATES = [(name, state) for name in NAMES for state in CASES[name].states]
ARRIVING = ["fintoc", "sandbox", "stp", "stripe"]
ASKED = Asked(
    key="0192f1c8-5a6e-7000-8000-000000000001",
    method=Method.CARD,
    amount=150_050,
    currency="MXN",
    description="Factura F-1",
    customer_reference="C-10",
    return_url="https://aldia.example/l/valle/",
    notify_url="https://aldia.example/ganchos/pagos/1/2/",
    customer_name="Ana Ruiz Peña",
    customer_email="pagos@cliente.mx",
    customer_phone="+525512345678",
)
ACCOUNT = AccountAsked("0192f1c8-0000", "C-10", "Cliente de Prueba SA de CV", "AAA010101AAA", "pagos@cliente.mx", 7)
SINCE, UNTIL = datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC)


def asked_of(name: str, world: World, **changes: Any) -> str:
    """Ask for a payment and return its id."""
    asked = replace(ASKED, method=CASES[name].asks[0], **changes)
    return str(made(name, world).ask(asked).provider_id)


# ---- what every provider says of itself


@pytest.mark.parametrize("name", sorted(registry.PAYMENTS))
def test_a_provider_introduces_itself(name: str) -> None:
    kind = registry.payment_provider(name)
    assert kind is not None
    assert kind.name == name
    assert kind.methods
    assert len(kind.help) > 150, "how to set it up, step by step"
    names = [each.name for each in kind.fields]
    assert len(names) == len(set(names))
    assert not {"api", "api_url", "private_networks"} & set(names), "a person may not choose where it lives"
    for each in kind.fields:
        assert each.label
        assert not each.choices or each.default in {value for value, _label in each.choices}
    provider: Provider = kind({}, {})
    for method in Method:
        assert (provider.limits(method, "MXN") is not None) == (method in kind.methods)
        assert provider.limits(method, "XXX") is None
    assert all(mark not in repr(made(name)) for mark in ("CANARIO",) if name in CASES)


@pytest.mark.parametrize(("name", "events"), [("stripe", stripe_objects.EVENTS), ("fintoc", fintoc.EVENTS)])
def test_the_help_names_every_event_that_is_read(name: str, events: tuple[str, ...]) -> None:
    assert [each for each in events if each not in made(name).help] == []


def test_the_registry_knows_them_in_order() -> None:
    assert [each.name for each in registry.all_providers()] == list(registry.PAYMENTS)
    assert registry.payment_provider("paypal") is None


@pytest.mark.parametrize("name", ["stripe", "mercado_pago", "conekta", "sandbox"])
def test_stores_take_from_10_to_10_000_pesos(name: str) -> None:
    limits = made(name).limits(Method.STORE, "MXN")
    assert [limits.allows(pesos * 100) for pesos in (9, 10, 10_000)] == [False, True, True]
    assert not limits.allows(10_000_01)


# ---- asking


@pytest.mark.parametrize(("name", "method"), ASKING)
def test_asking_twice_with_a_key_makes_one_payment(name: str, method: str, world: World) -> None:
    provider, asked = made(name, world), replace(ASKED, method=Method(method))
    first, second = provider.ask(asked), provider.ask(asked)
    assert first == second
    assert first.provider_id
    assert first.url.startswith("https://")
    assert provider.fetch(first.provider_id).key == asked.key
    other = provider.ask(replace(asked, key="another"))
    assert other.provider_id != first.provider_id


@pytest.mark.parametrize(("name", "method"), ASKING)
def test_what_was_asked_is_what_is_charged(name: str, method: str, world: World) -> None:
    """The amount goes over to the last centavo, under its method and no other."""
    provider = made(name, world)
    for number, amount in enumerate((1_00 * 10, 10_01, 99_999, 1_000_000)):
        found = provider.ask(replace(ASKED, method=Method(method), amount=amount, key=f"k-{number}"))
        if hasattr(world, "pay"):
            world.pay(found.provider_id)
        seen = provider.fetch(found.provider_id)
        assert (seen.received, seen.currency, seen.method) == (amount, "MXN", method), format_money(amount, "MXN")


@pytest.mark.parametrize(("name", "method"), ASKING)
def test_what_a_method_does_not_take_is_refused_before_the_network(name: str, method: str, world: World) -> None:
    provider = made(name, world)
    wrong = [replace(ASKED, method=Method(method), currency="XXX")]
    if method == Method.STORE:
        wrong += [replace(ASKED, method=Method.STORE, amount=amount) for amount in (9_99, 10_000_01)]
    for asked in wrong:
        with pytest.raises(ProviderFailure) as failure:
            provider.ask(asked)
        assert failure.value.permanent
    assert world.requests == []


@pytest.mark.parametrize("name", ["fintoc", "stp", "stripe"])
def test_a_transfer_goes_to_the_customers_own_clabe(name: str, world: World) -> None:
    provider, asked = made(name, world), replace(ASKED, method=Method.SPEI)
    offer = provider.ask(replace(asked, collection_account="646180123400000014"))
    assert (offer.value, offer.kind, offer.url) == ("646180123400000014", AccountKind.CLABE, "")
    assert offer.provider_id == "", "nothing was made there, so there is nothing to ask about"
    with pytest.raises(ProviderFailure, match="CLABE"):
        provider.ask(asked)
    assert world.requests == []


@pytest.mark.parametrize("name", ["stripe", "mercado_pago", "conekta"])
def test_hostile_words_are_only_words(name: str, world: World) -> None:
    hostile = "Ana\r\nX-Evil: 1\x00 \ud800</script> &metadata[aldia_key]=otra"
    asked = replace(ASKED, description=hostile, customer_name=hostile, customer_reference=hostile)
    offer = made(name, world).ask(asked)
    assert made(name, world).fetch(offer.provider_id).key == ASKED.key
    assert not any("x-evil" in each.headers for each in world.requests)


# ---- looking


@pytest.mark.parametrize(("name", "state"), STATES)
def test_every_state_in_our_words(name: str, state: str, world: World) -> None:
    happens, expected = CASES[name].states[state]
    provider_id = asked_of(name, world)
    happens(world, provider_id)
    seen = made(name, world).fetch(provider_id)
    assert {each: getattr(seen, each) for each in expected} == expected
    assert seen.key == ASKED.key
    assert (seen.provider_id, seen.currency) == (provider_id, "MXN")
    assert seen.received >= seen.refunded + seen.disputed
    assert (seen.received > 0) == (RANK[seen.state] >= RANK[PaymentState.SUCCEEDED])
    assert (seen.paid_at is not None) == (seen.received > 0)
    assert "CANARIO" not in json.dumps(seen.raw), "what is kept as proof holds no secret"


@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name].asks])
def test_an_id_that_nobody_knows(name: str, world: World) -> None:
    for provider_id in ("nothing_9", "../../v1/account", "pi_1?x=1#", "", "cus_1:../x"):
        with pytest.raises(ProviderFailure) as failure:
            made(name, world).fetch(provider_id)
        assert failure.value.permanent
    assert not any(".." in each.path for each in world.requests)


@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name].asks])
def test_taking_back_what_nobody_paid(name: str, world: World) -> None:
    provider = made(name, world)
    provider_id = asked_of(name, world)
    assert provider.cancel(provider_id).state == PaymentState.EXPIRED
    paid = asked_of(name, world, key="paid")
    world.pay(paid)  # type: ignore[attr-defined]
    assert provider.cancel(paid).state == PaymentState.SUCCEEDED, "it had just been paid"


# ---- sending back


@pytest.mark.parametrize("name", [name for name in NAMES if CASES[name].asks])
def test_a_refund_is_made_once_for_its_key(name: str, world: World) -> None:
    provider, provider_id = made(name, world), asked_of(name, world)
    world.pay(provider_id)  # type: ignore[attr-defined]
    first, again = provider.refund(provider_id, 50_000, "r-1"), provider.refund(provider_id, 50_000, "r-1")
    assert (first, first.amount) == (again, 50_000)
    assert provider.fetch(provider_id).refunded == 50_000
    provider.refund(provider_id, 100_050, "r-2")
    seen = provider.fetch(provider_id)
    assert (seen.refunded, seen.state) == (150_050, PaymentState.REFUNDED)
    with pytest.raises(ProviderFailure) as failure:
        provider.refund(provider_id, 1, "r-3")
    assert failure.value.permanent


@pytest.mark.parametrize("name", ["fintoc", "stp", "transfer"])
def test_who_cannot_send_back_says_so(name: str) -> None:
    kind = registry.payment_provider(name)
    assert kind is not None
    assert not kind.refunds
    with pytest.raises(ProviderFailure) as failure:
        kind({}, {}).refund("x", 1, "k")
    assert (failure.value.code, failure.value.permanent) == ("unsupported", True)


# ---- collection accounts, and what comes into them


@pytest.mark.parametrize("name", ARRIVING)
def test_an_account_of_a_customer(name: str, world: World) -> None:
    provider = made(name, world)
    first, again = provider.open_account(ACCOUNT), provider.open_account(ACCOUNT)
    assert first == again
    assert first.kind == AccountKind.CLABE
    assert name == "stripe" or check_clabe(first.value) == first.value  # its test accounts are invented
    assert first.provider_id
    assert first.bank
    if name != "stripe":  # there they also are all the same
        assert provider.open_account(replace(ACCOUNT, key="other", sequence=8)).value != first.value


def arrived(name: str, world: Any, amount: int) -> str:
    if name == "stripe":
        return str(world.fund(made(name, world).open_account(ACCOUNT).provider_id, amount))
    return str(world.arrive(amount / 100 if name == "stp" else amount))


@pytest.mark.parametrize("name", ARRIVING)
@pytest.mark.parametrize("amount", [1, 150_050, 29, 99_999_999])
def test_money_that_came_in_by_itself(name: str, world: World, amount: int) -> None:
    provider, provider_id = made(name, world), arrived(name, world, amount)
    seen = provider.fetch(provider_id)
    assert (seen.received, seen.currency, seen.method) == (amount, "MXN", Method.SPEI)
    assert (seen.provider_id, seen.state) == (provider_id, PaymentState.SUCCEEDED)
    assert len(seen.paid_into) == 18
    assert seen.paid_at == datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert provider.received(SINCE, UNTIL) == [seen]
    json.dumps(seen.raw)


@pytest.mark.parametrize("name", ["fintoc", "stripe"])
def test_lost_notices_are_found_page_by_page(name: str, world: World) -> None:
    wanted = {arrived(name, world, 1_000 + number) for number in range(5)}
    assert {each.provider_id for each in made(name, world).received(SINCE, UNTIL)} == wanted
    assert all(each.headers["host"] == world.url.removeprefix("http://") for each in world.requests)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_came_in(name: str, world: World) -> None:
    assert made(name, world).received(SINCE - timedelta(days=3), UNTIL) == []


# ---- proving the keys


@pytest.mark.parametrize("name", NAMES)
def test_the_check_moves_nothing(name: str, world: World) -> None:
    assert len(made(name, world).check()) > 20
    assert all(each.method == "GET" or each.path.endswith("consOrdenesFech") for each in world.requests)


@pytest.mark.parametrize("name", ["stripe", "mercado_pago", "conekta", "fintoc"])
def test_wrong_keys(name: str, world: World) -> None:
    first = next(iter(CASES[name].secrets))
    with pytest.raises(ProviderFailure) as failure:
        made(name, world, **{first: "CANARIO-otra"}).check()
    assert (failure.value.code, failure.value.permanent) == ("credentials", False), "it waits for a person"
    assert "CANARIO-otra" not in str(failure.value)


def test_the_test_provider_asks_only_its_bank() -> None:
    with pytest.raises(ProviderFailure) as failure:
        made("sandbox").ask(ASKED)
    assert failure.value.code == "no_bank"
