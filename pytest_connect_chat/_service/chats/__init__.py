"""What is said and sent in a chat."""
