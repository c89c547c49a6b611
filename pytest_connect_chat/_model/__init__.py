"""What the installed botocore models say of the two services, as plain data."""
