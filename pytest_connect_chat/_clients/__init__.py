"""Adapters from botocore's clients to the service: the only part of the package that knows botocore."""
