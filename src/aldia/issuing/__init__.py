"""Documents that the company issues: drafts, seals, stamps, payment complements and cancellations."""
