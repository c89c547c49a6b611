"""Pictures of what happened on a fake."""
