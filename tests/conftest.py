"""Shared fixtures: two companies with a cast, and the place of the sample files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CORPUS = Path(os.environ.get("ALDIA_CORPUS") or Path(__file__).resolve().parents[2] / "shared" / "data")


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The sample files of others; tests that need them are skipped, saying so, where they are not."""
    if not CORPUS.is_dir():
        pytest.skip(f"sample files not here: {CORPUS} (set ALDIA_CORPUS)")
    return CORPUS
