"""Pages of receivables, payments and credits."""
