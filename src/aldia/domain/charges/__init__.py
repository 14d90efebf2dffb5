"""What is charged for paying late, taken off for paying early, and owed by instalments. Pure; minor units; no clock."""
