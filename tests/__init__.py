"""The tests. ``tests/support`` starts the real parts (Redis, PostgreSQL, a browser) they need."""
