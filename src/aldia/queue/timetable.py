"""What runs when: a table for the house (in UTC) and one for each company (in its zone). Tasks are named by path."""

from __future__ import annotations

from datetime import time

from aldia.queue.schedules import Rule

HOUSE = [
    Rule("keep_statistics", "aldia.jobs.house.keep_statistics", local_time=time(8, 0)),
    Rule("clean_up", "aldia.jobs.house.clean_up", local_time=time(9, 30)),
    Rule("resume_imports", "aldia.jobs.documents.resume_imports", every_minutes=10),
    Rule("update_taxpayer_lists", "aldia.jobs.taxpayer_lists.update_lists", local_time=time(11, 0)),
    Rule("delete_orphans", "aldia.jobs.documents.delete_orphans", local_time=time(10, 0)),
]

COMPANY = [
    Rule("stamp_due", "aldia.jobs.issuing.stamp_due", every_minutes=5),
    Rule("cancel_due", "aldia.jobs.issuing.cancel_due", every_minutes=5),
    Rule("presume_pue", "aldia.jobs.receivables.presume_pue", local_time=time(1, 0)),
    Rule("follow_steps", "aldia.jobs.steps.follow_steps", local_time=time(1, 30)),
    Rule("follow_first", "aldia.jobs.steps.follow_first", every_minutes=15),
    Rule("reconcile_everything", "aldia.jobs.banking.reconcile_everything", local_time=time(3, 30)),
    Rule("reconcile_movements", "aldia.jobs.banking.reconcile_movements", every_minutes=5),
    Rule("tell_listed", "aldia.jobs.taxpayer_lists.tell_listed", local_time=time(8, 30)),
    Rule("tell_claims", "aldia.jobs.claims.tell_claims", local_time=time(8, 15)),
    Rule("charge_late_fees", "aldia.jobs.charges.charge_late_fees", local_time=time(2, 0)),
    Rule("forecast_nightly", "aldia.jobs.forecasting.forecast_nightly", local_time=time(4, 15)),
    Rule("forecast_first", "aldia.jobs.forecasting.forecast_first", every_minutes=15),
    Rule("keep_figures", "aldia.jobs.figures.keep_figures", local_time=time(5, 30)),
    Rule("make_worklist", "aldia.jobs.collecting.make_worklist", local_time=time(6, 0)),
    Rule("run_reminders", "aldia.jobs.reminders.run_reminders", every_minutes=15),
    Rule("send_waiting", "aldia.jobs.reminders.send_waiting", every_minutes=5),
    Rule("process_notices", "aldia.jobs.messaging.process_notices", every_minutes=5),
    Rule("process_payment_inbox", "aldia.jobs.payments.process_inbox", every_minutes=5),
    Rule("check_payments", "aldia.jobs.payments.check_payments", every_minutes=5),
    Rule("process_feed_events", "aldia.jobs.bank_feeds.process_feed_events", every_minutes=5),
    Rule("pull_feeds", "aldia.jobs.bank_feeds.pull_feeds", every_minutes=180),
    Rule("follow_complements", "aldia.jobs.complements.follow_complements", every_minutes=5),
    Rule("follow_all_complements", "aldia.jobs.complements.follow_all_complements", local_time=time(4, 30)),
    Rule("tell_complements_due", "aldia.jobs.complements.tell_complements_due", local_time=time(8, 0)),
    Rule("send_reports", "aldia.jobs.regular_reports.send_reports", every_minutes=5),
    Rule("run_schedules", "aldia.jobs.recurring.run_schedules", every_minutes=15),
    Rule("tell_paused_classes", "aldia.jobs.bank_feeds.tell_paused_classes", every_minutes=60),
    Rule("start_sync", "aldia.jobs.authority.start_due", every_minutes=15),
    Rule("step_sync", "aldia.jobs.authority.step_sync", every_minutes=1),
    Rule("tell_sync_troubles", "aldia.jobs.authority.tell_troubles", every_minutes=60),
    Rule("tell_test_notices", "aldia.jobs.sandbox.tell_test_notices", every_minutes=5),
]
