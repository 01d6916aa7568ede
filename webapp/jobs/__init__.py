"""Everything that knows RQ: the doorbell, the worker, the clock."""
