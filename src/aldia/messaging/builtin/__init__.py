"""The words that come with the house, by language."""
