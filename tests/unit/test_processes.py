"""What a worker may take of the machine."""

import subprocess
import sys

from webapp.processes import resident_mb

GREEDY = """
from webapp.processes import limit_memory
limit_memory(200)
small = bytearray(50 << 20)
try:
    large = bytearray(400 << 20)
except MemoryError:
    print("refused")
"""


def test_memory_beyond_the_limit_is_refused_and_not_taken_from_others() -> None:
    done = subprocess.run([sys.executable, "-c", GREEDY], capture_output=True, check=True)
    assert done.stdout.strip() == b"refused"


def test_a_process_knows_what_it_holds() -> None:
    before = resident_mb()
    held = bytearray(b"x") * (64 << 20)
    assert resident_mb() - before >= 50
    assert held
