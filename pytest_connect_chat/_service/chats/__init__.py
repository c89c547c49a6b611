"""Who takes part in a chat, what is said and sent in it."""
