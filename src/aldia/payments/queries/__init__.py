"""What pages and messages read of payments."""
