"""Play the adversity bank's scripts through the real engine, and compare with the bank's truth."""
