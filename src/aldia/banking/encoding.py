"""Decisions of the engine as the database keeps them, and back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from aldia.banking.models import BankMovement
from aldia.banking.payer_keys import account_value
from aldia.domain.matching import (
    Allocation,
    Hypothesis,
    Payer,
    Reason,
    Verdict,
)
from aldia.domain.matching import BankMovement as Deposit
from aldia.domain.matching.model import Param
from aldia.domain.statements.model import Evidence
from aldia.domain.tax_ids import is_generic, normalise


def deposit_of(row: BankMovement, *, country: str, collection_account: str = "") -> Deposit:
    """A movement on file as the engine takes it: of one that is explained in part, what is left.

    A tax id that many share (público en general, extranjeros) says nothing of who paid, and is left out.
    """
    tax_id = normalise(country, row.payer_tax_id)
    return Deposit(
        key=str(row.pk),
        account=str(row.account_id),
        booked_on=row.booked_on,
        amount=row.amount - row.explained,
        currency=row.currency,
        text=row.text,
        concept=row.concept,
        bank_reference=row.bank_reference,
        trace_key=row.trace_key,
        payer_name=row.payer_name,
        payer_tax_id="" if is_generic(country, tax_id) else tax_id,
        payer_account=account_value(row.payer_account),
        kind=row.kind,
        collection_account=row.collection_account or collection_account,
        balance=row.balance,
        seq=row.seq,
        evidence=tuple(_evidence(each) for each in row.evidence),
    )


def _evidence(data: Mapping[str, Any]) -> Evidence:
    return Evidence(str(data["kind"]), str(data["value"]), int(data.get("start", -1)), int(data.get("end", -1)))


def hypothesis_json(hypothesis: Hypothesis) -> dict[str, Any]:
    """A hypothesis as plain JSON; `hypothesis_of` is its inverse."""
    return {
        "customer": hypothesis.customer,
        "family": hypothesis.family,
        "allocations": [dataclasses.asdict(each) for each in hypothesis.allocations],
        "support": hypothesis.support,
        "left": hypothesis.left,
        "chance_ppm": hypothesis.chance_ppm,
        "score": hypothesis.score,
        "class_key": hypothesis.class_key,
        "vetoes": list(hypothesis.vetoes),
        "known": [[key, amount] for key, amount in hypothesis.known],
        "fee": hypothesis.fee,
    }


def hypothesis_of(data: Mapping[str, Any]) -> Hypothesis:
    """A hypothesis as it was kept."""
    return Hypothesis(
        customer=str(data["customer"]),
        family=str(data["family"]),
        allocations=tuple(Allocation(**each) for each in data["allocations"]),
        support=str(data["support"]),
        left=int(data["left"]),
        chance_ppm=int(data["chance_ppm"]),
        score=int(data["score"]),
        class_key=str(data["class_key"]),
        vetoes=tuple(data["vetoes"]),
        known=tuple((str(key), int(amount)) for key, amount in data.get("known", ())),
        fee=int(data.get("fee", 0)),
    )


def reason_json(reason: Reason) -> dict[str, Any]:
    """A reason as plain JSON; an amount is a pair, so that it stays apart from words."""
    return {
        "code": reason.code,
        "template": reason.template,
        "params": {name: list(value) if isinstance(value, tuple) else value for name, value in reason.params.items()},
    }


def reason_of(data: Mapping[str, Any]) -> Reason:
    """A reason as it was kept."""
    params: dict[str, Param] = {
        name: (int(value[0]), str(value[1])) if isinstance(value, list) else value
        for name, value in data["params"].items()
    }
    return Reason(str(data["code"]), str(data["template"]), params)


def payer_json(payer: Payer) -> dict[str, Any]:
    """Who paid, as plain JSON."""
    return {**dataclasses.asdict(payer), "candidates": list(payer.candidates)}


def payer_of(data: Mapping[str, Any]) -> Payer:
    """Who paid, as it was kept; nobody where nothing was."""
    return Payer(**{**data, "candidates": tuple(data.get("candidates", ()))})


def verdict_json(verdict: Verdict) -> dict[str, Any]:
    """What the record of the class allowed when it was decided."""
    return {
        "state": verdict.state.value,
        "right": verdict.record.right,
        "wrong": verdict.record.wrong,
        "bound_ppm": verdict.bound_ppm,
    }
