"""Pages of recurring documents."""
