"""Real parts for the tests: a Redis server, PostgreSQL databases, a browser."""
