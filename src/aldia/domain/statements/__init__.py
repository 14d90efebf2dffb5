"""Bank statements: rows of any bank sheet, or the text of any bank format, to movements with a proof.

`table.read_sheet` reads sheets; `ofx`, `mt940`, `norma43`, `bai2` and `qif` their formats; `overlap.assign`
says which movements of a file are new. Bytes and XML (camt) are read by `aldia.integrations.statements`.
"""
