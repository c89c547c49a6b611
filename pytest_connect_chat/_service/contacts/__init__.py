"""The contacts, and how they hang together."""
