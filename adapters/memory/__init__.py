"""The three ports in memory: a provider's side as a *world*, and port objects that are its clients."""
