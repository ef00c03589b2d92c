"""The statement of a reconciliation: read from the services, put together, and shown."""
