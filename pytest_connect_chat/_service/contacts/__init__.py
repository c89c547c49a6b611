"""The contacts, and how they are related."""
