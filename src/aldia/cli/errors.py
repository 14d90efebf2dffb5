"""How a command says that it could not do its work."""


class WrongUsage(Exception):
    """What was asked makes no sense (no such company, no such file): exit status 2."""


class CouldNotRun(Exception):
    """The request was right, its execution impossible (no space, no database, something in the way): status 3."""
