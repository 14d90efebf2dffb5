"""Decisions of the engine as the database keeps them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aldia.domain.matching import Hypothesis, Payer, Reason


def hypothesis_json(hypothesis: Hypothesis) -> dict[str, Any]:
    """A hypothesis as plain JSON; `hypothesis_of` is its inverse."""
    raise NotImplementedError


def hypothesis_of(data: Mapping[str, Any]) -> Hypothesis:
    """A hypothesis as it was kept."""
    raise NotImplementedError


def reason_json(reason: Reason) -> dict[str, Any]:
    """A reason as plain JSON; amounts stay apart from words."""
    raise NotImplementedError


def reason_of(data: Mapping[str, Any]) -> Reason:
    """A reason as it was kept."""
    raise NotImplementedError


def payer_json(payer: Payer) -> dict[str, Any]:
    """Who paid, as plain JSON."""
    raise NotImplementedError


def payer_of(data: Mapping[str, Any]) -> Payer:
    """Who paid, as it was kept."""
    raise NotImplementedError
