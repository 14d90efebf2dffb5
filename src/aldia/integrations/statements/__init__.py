"""Statement files of banks, whatever they are: `read_file` gives a preview that writes nothing."""

from aldia.integrations.statements.reader import read_file

__all__ = ["read_file"]
