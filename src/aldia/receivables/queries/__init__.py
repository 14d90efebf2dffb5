"""Reads of the subledger for screens, reports and the command line. Nothing here writes, nothing reads the clock."""
