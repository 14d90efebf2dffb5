"""How often somebody may do something: counted in the database, so that all processes and machines share the count.

Passwords, codes and sign-ups have the limits of allauth (in the cache, which is in the database too); these are for
what allauth does not know: uploads, invitations, exports.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from django.db import connection

from aldia.tenancy.models import RateCount

COUNT = """
INSERT INTO tenancy_ratecount ("key", "count", expires_at) VALUES (%s, 1, %s)
ON CONFLICT ("key") DO UPDATE SET "count" = tenancy_ratecount."count" + 1 RETURNING "count"
"""


def spend(*, kind: str, who: str, limit: int, seconds: int, now: datetime) -> bool:
    """Count one more of `kind` by `who` in the current window of `seconds`; False once `limit` is passed.

    One statement, so exact however many ask at once. `who` is kept as a hash only.
    """
    window = int(now.timestamp()) // seconds
    digest = hashlib.sha256(who.encode()).hexdigest()[:32]
    expires_at = datetime.fromtimestamp((window + 1) * seconds, UTC)
    with connection.cursor() as cursor:
        plain = connection.ops.adapt_datetimefield_value(expires_at)
        cursor.execute(COUNT, [f"{kind}:{digest}:{seconds}:{window}", plain])
        (count,) = cursor.fetchone()
    return bool(count <= limit)


def forget(*, now: datetime) -> int:
    """Delete the counts of windows that are over; return how many."""
    deleted, _by_model = RateCount.objects.filter(expires_at__lt=now).delete()
    return deleted
