"""Signing in by OAuth 2: the values (client), the calls (calls), the one refresher (refreshing), the ages (ages)."""
