"""Carries the calls of botocore's and aiobotocore's clients to the service, and its answers back."""
