"""The requests that reached the service, and what a test can assert about them."""
