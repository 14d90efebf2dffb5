"""What people decide about reports: which go out by themselves, when and to whom."""
