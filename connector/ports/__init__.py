"""What the engine needs of the outside, as Protocols with their values.

Rules for every adapter behind a port:
- raise only the errors of `connector.errors`; a write whose outcome is not known raises `Uncertain`;
- one attempt per write; reads may be repeated by the transport's one retry policy;
- every call has a time-out, is metered, and runs without a database transaction open;
- times are aware and in UTC; civil dates are the company's own;
- hand out values of this package and of `connector.domain`, never an SDK's objects.

Import from the module of a port: `duebird status` loads one of them, and should not pay for all.
"""
