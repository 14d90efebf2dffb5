"""The questions of `domain.matching.Index`, each answered from one index of the database."""
