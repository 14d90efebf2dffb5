"""How a cancellation stands, asked of the authority's own status service, for PACs that do not tell."""

from __future__ import annotations

from aldia.domain.ports.stamping import CancelAnswer, StampFailure, ToCancel
from aldia.domain.ports.tax import AuthorityFailure
from aldia.integrations.stamping.cancelling import answer_of
from aldia.integrations.tax.mx_sat.adapter import MxSat


def at_the_authority(wanted: ToCancel, *, url: str = "") -> CancelAnswer:
    """Raises `StampFailure`: asking moves nothing, so it may always be asked again."""
    try:
        found = MxSat({"status_url": url} if url else {}).status(
            issuer=wanted.issuer, receiver=wanted.receiver, total=wanted.total, uuid=wanted.uuid, seal_end=""
        )
    except AuthorityFailure as failure:
        raise StampFailure(failure.code, failure.text) from None
    return answer_of(found.state, found.cancellation, code=found.code)
