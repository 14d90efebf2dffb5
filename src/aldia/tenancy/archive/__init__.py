"""Backups: one portable file with every row and every stored file, restorable to either engine.

A ZIP: `tables/<table>.jsonl` (one JSON array per row, in a fixed order), `files/<path>` (the stored files as they
are), and at the end `manifest.json` with the migrations, columns, counts and SHA-256 of all of it. Sessions, cache and
the secret key of the installation are not in it: after a restore people sign in again.
"""
