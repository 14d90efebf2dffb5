"""When invoices will be paid: one distribution of days per invoice, learned from the tenant's own payments.

Pure and on numpy only. Days are whole numbers (proleptic ordinals); a delay is paid day − due day. What is known on a
morning is what happened before it: an invoice issued, or a payment received, on that very day is not known yet.
"""
