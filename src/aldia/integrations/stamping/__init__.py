"""Stamping: drafts written as CFDI, sealed, and stamped by a PAC (a simulated one, for the demo and for tests).

`resources.files("satcfdi")` in `simulated` reads SAT's files that come with that package; none is copied here.
"""
