"""Writes on customers. To collect or not is switched by `receivables.operations.switching`: it opens receivables."""
