"""Carries requests over HTTP and WebSocket on loopback to the service, and its answers and frames back."""
