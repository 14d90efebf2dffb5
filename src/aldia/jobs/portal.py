"""Jobs of the portal: what is looked up only after whoever asked has been answered."""

from __future__ import annotations

from uuid import UUID

from django_tasks import task

from aldia.jobs.reminders import enqueue_sending
from aldia.payments.addresses import portal_url
from aldia.payments.operations.renewals import renew_by_address, renew_pass
from aldia.queue.claiming import database_now


@task(max_attempts=3)
def send_fresh_link(key: str, address: str, pass_id: str) -> int:
    """Send a fresh link to the address on file, for a pass or for an address that somebody typed; how many went."""
    now = database_now()
    if pass_id:
        sent = renew_pass(pass_id=UUID(pass_id), key=key, url_of=portal_url, now=now)
    else:
        sent = renew_by_address(address=address, key=key, url_of=portal_url, now=now)
    if sent:
        enqueue_sending()
    return sent
