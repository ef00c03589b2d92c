"""Stripe as the payment processor."""
