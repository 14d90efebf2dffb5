"""A company on its calendar, as in the stories, for the tests of recurring documents."""

from tests.scenarios.conftest import mailer, stage

__all__ = ["mailer", "stage"]
