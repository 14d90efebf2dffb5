"""Payment complements from facts to seal, per second of CPU on one core: figures, XML, cadena original, RSA, schema."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, datetime
from random import Random

from aldia.domain.fiscal import rep
from aldia.domain.fiscal.drafts import (
    ISR_WITHHELD_FEES,
    IVA_0,
    IVA_16,
    IVA_EXEMPT,
    DraftComplement,
    DraftPaidDocument,
    DraftParty,
    DraftPayment,
    TaxTotal,
    half_up,
)
from aldia.domain.fiscal.keypairs import read_pair
from aldia.integrations.stamping.certificates import DEMO_PASSWORD, Holder, make_credentials
from aldia.integrations.stamping.pagos20 import payments_xml
from aldia.integrations.stamping.sealing import Sealer

AT = datetime(2026, 11, 3, 10)
ISSUER = DraftParty("DTR980623K40", "DISTRIBUIDORA TRES RÍOS", "601", "06700")
RECEIVER = DraftParty("ÑAP010101AB5", "ABARROTES LA ÑAPA", "601", "44100", "CP01")
PROMISED = 100  # complements sealed per second of one core


def run(size: int = 400) -> dict[str, object]:
    """`size` complements of one to five invoices, one in seven in another currency; each stage by itself."""
    rng = Random(7)
    drafts = [_complement(rng, number) for number in range(size)]
    credentials = make_credentials(
        company=Holder(ISSUER.rfc, ISSUER.name, "GODE561231GR8"), valid_from=date(2025, 1, 1)
    )
    csd = credentials.seals[ISSUER.rfc]
    sealer = Sealer(read_pair(csd.cer, csd.encrypted_key(), DEMO_PASSWORD.decode()))
    sealer.seal(drafts[0], AT)  # compiles schema and transformation
    return {
        "complements": size,
        "documents": sum(len(draft.payments[0].documents) for draft in drafts),
        "computed_per_cpu_second": _rate(drafts, lambda draft: rep.compute(draft.payments)),
        "drawn_per_cpu_second": _rate(drafts, lambda draft: payments_xml(draft.payments)),
        "sealed_per_cpu_second": _rate(drafts, lambda draft: sealer.seal(draft, AT)),
    }


def holds(figures: dict[str, object]) -> bool:
    """Whether the promised rate is reached."""
    rate = figures["sealed_per_cpu_second"]
    return isinstance(rate, int) and rate >= PROMISED


def _rate(drafts: list[DraftComplement], work: Callable[[DraftComplement], object]) -> int:
    started = time.process_time()
    for draft in drafts:
        work(draft)
    return int(len(drafts) / (time.process_time() - started))


def _complement(rng: Random, number: int) -> DraftComplement:
    currency = "MXN" if number % 7 else "USD"
    documents = tuple(_document(rng, currency) for _ in range(rng.randint(1, 5)))
    amount = sum(document.of_payment for document in documents)
    payment = DraftPayment(datetime(2026, 10, 29, 12), "03", "MXN", amount, documents, operation=f"{number:020d}")
    return DraftComplement("P", str(number), AT, ISSUER.postal_code, ISSUER, RECEIVER, (payment,))


def _document(rng: Random, currency: str) -> DraftPaidDocument:
    taxed, zero, exempt = (rng.randrange(100_000, 5_000_000) for _ in range(3))
    iva, isr = half_up(taxed * 16, 100), half_up(taxed, 10)
    taxes = (
        TaxTotal(IVA_16, taxed, iva),
        TaxTotal(IVA_0, zero, 0),
        TaxTotal(IVA_EXEMPT, exempt, 0),
        TaxTotal(ISR_WITHHELD_FEES, taxed, isr),
    )
    total = taxed + zero + exempt + iva - isr
    paid, earlier = total // 3, total // 4
    share = paid if currency == "MXN" else half_up(paid * 18_305, 1000)
    uuid = f"{rng.getrandbits(128):032X}"
    key = "-".join((uuid[:8], uuid[8:12], uuid[12:16], uuid[16:20], uuid[20:]))
    return DraftPaidDocument(key, "F", "1", currency, total, taxes, 2, total - earlier, paid, earlier, share)
