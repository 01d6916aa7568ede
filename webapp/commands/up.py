"""``cardsync up``: everything an installation needs, on one machine, in one command."""

import fcntl
import http.client
import os
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import entry_points

import click

from webapp.commands.redis_server import RedisMissing, RedisServer, redis_of
from webapp.commands.supervisor import Child, Program, Stopped, Supervisor, cardsync
from webapp.config import Settings, load_settings
from webapp.paths import InstanceFolder

REDIS_SECONDS = 20
WEB_SECONDS = 300


@click.command()
@click.option("--demo", is_flag=True, help="Fill an empty database with a made-up group.")
def up(demo: bool) -> None:
    """Run web, worker, clock and, where no REDIS_URL is given, Redis, until Ctrl-C.

    Without --demo a new installation is empty and prints a one-time link for its first admin.
    With it come a made-up group to play with and the practice servers of the connectors.
    """
    settings = load_settings(demo=True) if demo else load_settings()
    with only_one(settings.folder), Supervisor(click.echo) as supervisor:
        _refuse_taken_port(settings)
        try:
            _start_everything(supervisor, settings)
            while True:
                supervisor.look_after(1.0)
        except Stopped:
            click.echo("Stopping …")
        finally:
            supervisor.stop_all()
            settings.folder.redis_url.unlink(missing_ok=True)
    click.echo("Stopped.")


@contextmanager
def only_one(folder: InstanceFolder) -> Iterator[None]:
    """Hold the instance folder: two Redis servers must never write one file.

    :raises click.ClickException: if another ``cardsync up`` holds it.
    """
    with folder.lock.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise click.ClickException(
                f"cardsync already runs in {folder.root}. Stop it first, or set CARDSYNC_INSTANCE "
                "to another folder."
            ) from None
        yield


def _refuse_taken_port(settings: Settings) -> None:
    if not _is_free(settings.host, settings.port):
        raise click.ClickException(
            f"Port {settings.port} is taken. Stop what uses it, or choose another: "
            f"PORT={settings.port + 1} cardsync up"
        )


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _start_everything(supervisor: Supervisor, settings: Settings) -> None:
    environment = _environment(settings)
    if not os.environ.get("REDIS_URL"):
        environment["REDIS_URL"] = _start_redis(supervisor, settings)
    practice = _practice_ports(settings)
    web = _start_web(supervisor, environment, settings, practice)
    for name, port in practice.items():
        command = cardsync("sandbox", name, "--port", str(port))
        supervisor.start(Program(name, command, environment))
    _wait_for_web(supervisor, web, settings)
    click.echo(f"\ncardsync is ready: {settings.local_url}\n")
    click.echo(settings.folder.first_lines.read_text(encoding="utf-8"))
    settings.folder.first_lines.unlink()
    click.echo("\nPress Ctrl-C to stop.")
    # These wait until now: the machine's processors belong to the first page.
    for name, role in {**dict.fromkeys(_workers(), "worker"), "clock": "clock"}.items():
        supervisor.start(Program(name, cardsync(role), environment))
    supervisor.release_output()


def _workers() -> list[str]:
    """Name the workers: two where there are processors for them, so that neither waits alone."""
    return ["worker", "worker-2"] if (os.cpu_count() or 1) > 1 else ["worker"]


def _environment(settings: Settings) -> dict[str, str]:
    """Say to every process what this one decided; their log is quiet unless asked otherwise."""
    return {
        "CARDSYNC_INSTANCE": str(settings.instance),
        "CARDSYNC_DEMO": "1" if settings.demo else "0",
        "CARDSYNC_LOG_LEVEL": os.environ.get("CARDSYNC_LOG_LEVEL") or "warning",
        "PORT": str(settings.port),
    }


def _start_redis(supervisor: Supervisor, settings: Settings) -> str:
    """Start our own Redis, tell other commands where it is, and return its address."""
    try:
        server = redis_of(settings.folder)
    except RedisMissing as error:
        raise click.ClickException(str(error)) from error
    child = supervisor.start(Program("redis", server.command, quiet=True))
    answers = supervisor.wait(lambda: _answers(server) or child.failures > 0, REDIS_SECONDS)
    if not answers or child.failures:
        supervisor.release_output()
        raise click.ClickException(
            f"Redis ({server.command[0]}) does not start; the lines above say why."
        )
    settings.folder.redis_url.write_text(server.url, encoding="utf-8")
    return server.url


def _answers(server: RedisServer) -> bool:
    try:
        with closing(socket.socket(socket.AF_UNIX)) as client:
            client.settimeout(1)
            client.connect(str(server.socket))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _practice_ports(settings: Settings) -> dict[str, int]:
    """Choose a free port for each practice server: the one it had the last time, if it is free."""
    if not settings.demo:
        return {}
    names = sorted(point.name for point in entry_points(group="cardsync.sandboxes"))
    return {name: _remembered_port(settings.folder, name) for name in names}


def _remembered_port(folder: InstanceFolder, name: str) -> int:
    note = folder.sandbox(name) / "port"
    note.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    remembered = note.read_text(encoding="utf-8").strip() if note.exists() else ""
    if remembered.isdigit() and _is_free("127.0.0.1", int(remembered)):
        return int(remembered)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    note.write_text(f"{port}\n", encoding="utf-8")
    return port


def _start_web(
    supervisor: Supervisor,
    environment: dict[str, str],
    settings: Settings,
    practice: dict[str, int],
) -> Child:
    """Start the web process, which prepares the database first; a later restart need not."""
    addresses = [f"--practice={name}=http://127.0.0.1:{port}" for name, port in practice.items()]
    first = cardsync("web", "--prepare", str(settings.folder.first_lines), *addresses)
    return supervisor.start(Program("web", first, environment, again=cardsync("web")))


def _wait_for_web(supervisor: Supervisor, web: Child, settings: Settings) -> None:
    def settled() -> bool:
        return web.failures > 0 or _is_healthy(settings)

    if not supervisor.wait(settled, WEB_SECONDS) or web.failures:
        supervisor.release_output()
        raise click.ClickException("The pages cannot be served; the lines above say why.")


def _is_healthy(settings: Settings) -> bool:
    host = settings.local_url.removeprefix("http://").rpartition(":")[0].strip("[]")
    connection = http.client.HTTPConnection(host, settings.port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
