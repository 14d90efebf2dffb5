"""Figures over the whole of a company's receivables. Each can be drilled down to the rows that sum to it (`drill`)."""
