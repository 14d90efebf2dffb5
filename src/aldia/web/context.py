"""What every page of the shell needs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The company, the person's membership, and what they may do."""
    membership = getattr(request, "membership", None)
    return {"company": getattr(request, "company", None), "membership": membership}
