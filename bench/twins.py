"""A process of its own that plays the services: QuickBooks, Stripe and Twilio on loopback, until its input ends.

It prints one line of JSON with the three addresses when all of them answer.
"""

from __future__ import annotations

import json
import sys

from adapters.sandbox.base import Served
from adapters.sandbox.quickbooks import QuickBooksTwin, RealmSettings
from adapters.sandbox.stripe import StripeTwin
from adapters.sandbox.twilio import TwilioTwin
from bench.names import realm_of


def main() -> None:
    """Serve until standard input is closed, which also happens when the bench is killed."""
    companies = int(sys.argv[1])
    # Intuit's 500 calls a minute would be what is measured; the limits of services are not our speed.
    realms = {realm_of(number): RealmSettings(name=f"Company {number}", per_minute=None) for number in range(companies)}
    twins = (QuickBooksTwin(realms), StripeTwin(), TwilioTwin())
    served = [Served(twin).start() for twin in twins]
    print(json.dumps({one.twin.name: one.base_url for one in served}), flush=True)
    sys.stdin.read()
    for one in served:
        one.stop()


if __name__ == "__main__":
    main()
