"""A stand-in for QuickBooks Online: its accounting API, its sign-in and its webhooks, over real HTTP."""

from adapters.sandbox.quickbooks.books import Books, RealmSettings
from adapters.sandbox.quickbooks.twin import QuickBooksTwin

__all__ = ["Books", "QuickBooksTwin", "RealmSettings"]
