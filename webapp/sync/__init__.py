"""The sync engine: claim, gather, plan, apply."""
