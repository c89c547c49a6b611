"""Cases that settle what Amazon Connect does: on the fake, behind its endpoint, and on a live instance."""
