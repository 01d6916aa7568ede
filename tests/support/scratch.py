"""Where the tests keep databases that nobody wants to keep: in memory, where there is room."""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM_BYTES = 1024**3
OURS = re.compile(r"cardsync-test-(?P<pid>\d+)-")


def scratch_root() -> Path:
    """Return the memory file system when it has room, else the folder for temporary files.

    Making and dropping a database touches hundreds of files: in memory that is ten times faster.
    """
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        return MEMORY
    return Path(tempfile.gettempdir())


def make_scratch() -> Path:
    """Make a folder with a short path, as unix sockets need; the caller removes it."""
    root = scratch_root()
    _sweep(root)
    return Path(tempfile.mkdtemp(prefix=f"cardsync-test-{os.getpid()}-", dir=root))


def _sweep(root: Path) -> None:
    """Remove what test processes that were killed have left behind."""
    for folder in root.iterdir():
        match = OURS.match(folder.name)
        if match and not _runs(int(match["pid"])):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's process
    return True


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Give a new folder, and remove it in the end."""
    folder = make_scratch()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
