"""Pages of what customers say: promises, disputes, payments that they report."""
