"""A stand-in for Twilio: api, messaging and pricing on one port. Not the `twilio` SDK, which it never imports."""

from adapters.sandbox.twilio.twin import TwilioTwin
from adapters.sandbox.twilio.world import Account, Message, Number, Service

__all__ = ["Account", "Message", "Number", "Service", "TwilioTwin"]
