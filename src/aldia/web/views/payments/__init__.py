"""Pages of getting paid: links, payments on line, collection accounts, providers, and their settings."""
