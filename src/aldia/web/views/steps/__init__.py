"""Pages of the seven steps: the board, the documents behind it, the history of flow."""
