"""What the rules look at: each check takes a request and returns what is wrong with it, or `None`."""
