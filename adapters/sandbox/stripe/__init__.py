"""Stripe's side of the wire, in memory and over real HTTP."""

from adapters.sandbox.stripe.twin import StripeTwin

__all__ = ["StripeTwin"]
