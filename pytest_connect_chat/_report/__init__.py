"""The texts that people read when a test fails."""
