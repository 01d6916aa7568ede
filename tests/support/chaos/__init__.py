"""Chaos: real processes that are killed, stopped and emptied at random, and a judge at the end."""
