"""What reached the service, and what a test can ask about it."""
