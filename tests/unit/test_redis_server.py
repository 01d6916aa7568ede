"""Which Redis ``cardsync up`` runs, and where it listens."""

import importlib.util
import os
from pathlib import Path

import pytest

from webapp.commands.redis_server import (
    HOW_TO_GET_REDIS,
    LONGEST_SOCKET_PATH,
    RedisMissing,
    find_redis,
    redis_in,
)


def program(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_server_on_path_comes_first_and_valkey_before_redis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    redis = program(tmp_path, "redis-server")
    assert find_redis() == redis
    valkey = program(tmp_path, "valkey-server")
    assert find_redis() == valkey


def test_where_there_is_none_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RedisMissing) as raised:
        find_redis()
    assert str(raised.value) == HOW_TO_GET_REDIS
    assert "\n" not in HOW_TO_GET_REDIS


@pytest.fixture
def anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    program(folder, "redis-server")
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.usefixtures("anywhere")
def test_it_keeps_a_log_of_every_write_and_drops_nothing(tmp_path: Path) -> None:
    command = " ".join(redis_in(tmp_path / "redis").command)
    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command


@pytest.mark.usefixtures("anywhere")
def test_it_listens_on_a_private_socket_only(tmp_path: Path) -> None:
    server = redis_in(tmp_path / "redis")
    command = " ".join(server.command)
    assert "--port 0" in command
    assert "--unixsocketperm 700" in command
    assert server.socket.parent.stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("anywhere")
def test_a_deep_folder_gets_a_short_socket(tmp_path: Path) -> None:
    deep = tmp_path / ("deep" * 20) / "redis"
    deep.parent.mkdir()
    server = redis_in(deep)
    try:
        assert len(os.fsencode(server.socket)) <= LONGEST_SOCKET_PATH
        assert server.socket.parent.stat().st_mode & 0o077 == 0
        assert f"--dir {deep}" in " ".join(server.command)
    finally:
        server.socket.parent.rmdir()
