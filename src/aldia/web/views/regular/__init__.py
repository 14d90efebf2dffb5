"""The cash flow, and reports that go out by themselves."""
