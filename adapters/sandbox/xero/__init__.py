"""A stand-in for Xero: one or several organisations, the identity service, and what people do in them."""

from adapters.sandbox.xero.books import TenantSeed
from adapters.sandbox.xero.twin import XeroTwin

__all__ = ["TenantSeed", "XeroTwin"]
