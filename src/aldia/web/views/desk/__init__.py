"""The collector's day: the list, the page of one customer while on the phone, and what was logged."""
