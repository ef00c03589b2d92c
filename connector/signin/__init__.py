"""`duebird connect` and `disconnect`: the redirect (landing, listener), who is connected (book), the steps (steps)."""
