"""How fast Duebird is: against clients that make the same calls and remember nothing, in one run."""
