"""QuickBooks Online as a ledger."""
