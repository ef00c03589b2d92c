"""Twilio as the messenger."""
