"""What goes wrong on the way: nothing but `ProviderFailure` and `ProviderUnknown` comes out, and no secret with it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from aldia.domain.ports.payments import ProviderFailure, ProviderUnknown
from aldia.integrations import http
from tests.integrations.channels.peers import free_port
from tests.integrations.payments.cases import CASES, made
from tests.integrations.payments.peers import GARBAGE, World
from tests.integrations.payments.test_provider_conformance import ACCOUNT, ASKED, SINCE, UNTIL, arrived, asked_of

SOCKETS = ["conekta", "fintoc", "mercado_pago", "stp", "stripe"]
READS: dict[str, Callable[[Any, str], Any]] = {
    "fetch": lambda provider, provider_id: provider.fetch(provider_id),
    "check": lambda provider, provider_id: provider.check(),
    "received": lambda provider, provider_id: provider.received(SINCE, UNTIL),
}
MOVES: dict[str, Callable[[Any, str], Any]] = {
    "ask": lambda provider, provider_id: provider.ask(replace(ASKED, key="new")),
    "refund": lambda provider, provider_id: provider.refund(provider_id, 1_000, "r-1"),
    "open": lambda provider, provider_id: provider.open_account(replace(ACCOUNT, key="new")),
    "cancel": lambda provider, provider_id: provider.cancel(provider_id),
}
HAS = {
    "conekta": ("fetch", "check", "ask", "refund", "cancel"),
    "fintoc": ("fetch", "check", "received", "open"),
    "mercado_pago": ("fetch", "check", "ask", "refund", "cancel"),
    "stp": ("fetch", "check", "received"),
    "stripe": ("fetch", "check", "received", "ask", "refund", "open", "cancel"),
}
DOING = [(name, action) for name in SOCKETS for action in HAS[name]]
READING = [(name, action) for name, action in DOING if action in READS]
MOVING = [(name, action) for name, action in DOING if action in MOVES]
BREAKS = ["drop", "500", "502", "503", "429", "409", "404", "403", "401", "400", "302", "204", *sorted(GARBAGE)]


def prepared(name: str, world: World) -> str:
    if not CASES[name].asks:
        return arrived(name, world, 150_050)
    provider_id = asked_of(name, world)
    world.pay(provider_id)  # type: ignore[attr-defined]
    return provider_id


def run(action: str, provider: Any, provider_id: str) -> Any:
    return (READS | MOVES)[action](provider, provider_id)


def clean(error: BaseException) -> bool:
    said = f"{error!r} {error} {error.args}"
    chain = [error, error.__cause__]
    return "CANARIO" not in said and all("CANARIO" not in repr(each) for each in chain)


@pytest.mark.parametrize(("name", "action"), DOING)
def test_nothing_else_comes_out(name: str, action: str, world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    provider_id = prepared(name, world)
    said: list[Exception] = []
    for how in BREAKS:
        world.breaks = how
        try:
            run(action, made(name, world), provider_id)
        except (ProviderFailure, ProviderUnknown) as error:
            said.append(error)
    assert len(said) > len(BREAKS) // 2
    assert all(clean(error) and len(str(error)) < 500 for error in said)
    assert "CANARIO" not in caplog.text


@pytest.mark.parametrize(("name", "action"), READING)
@pytest.mark.parametrize("how", ["drop", "500", "503", "html", "nan", "nothing"])
def test_what_only_looks_may_look_again(name: str, action: str, how: str, world: World) -> None:
    provider_id = prepared(name, world)
    world.breaks = how
    with pytest.raises(ProviderFailure) as failure:
        run(action, made(name, world), provider_id)
    assert not failure.value.permanent


@pytest.mark.parametrize(("name", "action"), MOVING)
@pytest.mark.parametrize("how", ["drop", "500", "504", "409", "html", "empty"])
def test_what_may_have_been_taken_is_asked_again_with_its_key(name: str, action: str, how: str, world: World) -> None:
    """The answer is lost after the provider took it; with the same key nothing is made twice."""
    if (action, how) == ("cancel", "empty"):
        pytest.skip("whatever is answered to a cancellation, the state is looked at again")
    provider_id = prepared(name, world)
    if action == "cancel":
        provider_id = asked_of(name, world, key="to-cancel")
    world.breaks, world.breaks_method = how, "POST" if name != "mercado_pago" or action != "cancel" else "PUT"
    with pytest.raises(ProviderUnknown):
        run(action, made(name, world), provider_id)
    world.breaks = ""
    run(action, made(name, world), provider_id)


@pytest.mark.parametrize("name", SOCKETS)
def test_a_long_silence(name: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every wait ends."""
    monkeypatch.setattr(http, "TIMEOUT", 0.5)
    provider_id = prepared(name, world)
    world.breaks = "hang"
    with pytest.raises(ProviderFailure):
        made(name, world).fetch(provider_id)


@pytest.mark.parametrize(("name", "action"), DOING)
def test_nobody_there(name: str, action: str, world: World) -> None:
    provider_id = prepared(name, world)
    world.url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ProviderFailure) as failure:
        run(action, made(name, world), provider_id)
    assert (failure.value.code, failure.value.permanent) == ("connection", False)


@pytest.mark.parametrize("name", ["stripe", "mercado_pago", "conekta", "fintoc"])
@pytest.mark.parametrize("pasted", ["CANARIO\nlinea", "CANARIO ñandú", "CANARIO\x00", "CANARIO\ud800"])
def test_a_key_that_cannot_be_sent(name: str, pasted: str, world: World) -> None:
    first = next(iter(CASES[name].secrets))
    with pytest.raises(ProviderFailure) as failure:
        made(name, world, **{first: pasted}).check()
    assert not failure.value.permanent
    assert clean(failure.value)


@pytest.mark.parametrize("name", SOCKETS)
def test_an_endless_answer(name: str, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    provider_id = prepared(name, world)
    monkeypatch.setattr(http, "MAX_ANSWER", 40)
    with pytest.raises(ProviderFailure):
        made(name, world).fetch(provider_id)
