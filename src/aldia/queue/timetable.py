"""What runs when: a table for the house (in UTC) and one for each company (in its zone). Tasks are named by path."""

from __future__ import annotations

from datetime import time

from aldia.queue.schedules import Rule

HOUSE = [
    Rule("clean_up", "aldia.jobs.house.clean_up", local_time=time(9, 30)),
    Rule("resume_imports", "aldia.jobs.documents.resume_imports", every_minutes=10),
    Rule("delete_orphans", "aldia.jobs.documents.delete_orphans", local_time=time(10, 0)),
]

COMPANY = [
    Rule("presume_pue", "aldia.jobs.receivables.presume_pue", local_time=time(1, 0)),
    Rule("reconcile_everything", "aldia.jobs.banking.reconcile_everything", local_time=time(3, 30)),
    Rule("reconcile_movements", "aldia.jobs.banking.reconcile_movements", every_minutes=5),
    Rule("charge_late_fees", "aldia.jobs.charges.charge_late_fees", local_time=time(2, 0)),
    Rule("run_reminders", "aldia.jobs.reminders.run_reminders", every_minutes=15),
    Rule("send_waiting", "aldia.jobs.reminders.send_waiting", every_minutes=5),
    Rule("process_notices", "aldia.jobs.messaging.process_notices", every_minutes=5),
    Rule("process_payment_inbox", "aldia.jobs.payments.process_inbox", every_minutes=5),
    Rule("check_payments", "aldia.jobs.payments.check_payments", every_minutes=5),
    Rule("process_feed_events", "aldia.jobs.bank_feeds.process_feed_events", every_minutes=5),
    Rule("pull_feeds", "aldia.jobs.bank_feeds.pull_feeds", every_minutes=180),
    Rule("tell_paused_classes", "aldia.jobs.bank_feeds.tell_paused_classes", every_minutes=60),
    Rule("tell_test_notices", "aldia.jobs.sandbox.tell_test_notices", every_minutes=5),
]
