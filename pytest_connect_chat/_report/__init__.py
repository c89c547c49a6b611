"""How things read when a test fails."""
