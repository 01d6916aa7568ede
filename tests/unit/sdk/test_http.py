"""The HTTP client of the SDK against a real socket that misbehaves in every way we know."""

import logging
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from cardsync_sdk import RateLimited, SourceRejected, SourceUnavailable
from cardsync_sdk.http import LOOPBACK, HttpClient, Limits, checked_address

SECRET = "a-secret-nobody-may-see"
QUICK = Limits(connect=1, read=0.2, deadline=2, max_bytes=9000, tries=1, pause=0)


def reply(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Source:
    """Answers each connection with the next of ``replies``, byte for byte; the last one repeats."""

    def __init__(self, replies: Sequence[bytes], tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self.hang_up = threading.Event()
        self._replies = list(replies)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                if self.hang_up.is_set():
                    return
                try:
                    self._answer(connection)
                except OSError:
                    continue

    def _answer(self, connection: socket.socket) -> None:
        if self._tls:
            connection = self._tls.wrap_socket(connection, server_side=True)
        connection.settimeout(2)
        request = b""
        while b"\r\n\r\n" not in request:
            request += connection.recv(65536)
        self.requests.append(request)
        content = self._replies.pop(0) if len(self._replies) > 1 else self._replies[0]
        if content == b"silence":
            self.hang_up.wait(3)
            return
        for part in content.split(b"<drip>"):
            connection.sendall(part)
            if part != content:
                self.hang_up.wait(0.1)

    def close(self) -> None:
        self.hang_up.set()
        socket.create_connection(self._listener.getsockname()).close()
        self._thread.join()
        self._listener.close()


Serve = Callable[..., Source]


@pytest.fixture
def serve() -> Iterator[Serve]:
    sources: list[Source] = []

    def start(*replies: bytes, tls: ssl.SSLContext | None = None) -> Source:
        sources.append(Source(replies, tls))
        return sources[-1]

    yield start
    for source in sources:
        source.close()


def client(source: Source, limits: Limits = QUICK, **options: object) -> HttpClient:
    headers = {"Authorization": f"Bearer {SECRET}"}
    return HttpClient(
        f"{source.url}/2.0",
        allowed_hosts=LOOPBACK,
        headers=headers,
        limits=limits,
        sleep=lambda _: None,
        **options,
    )


def test_decimals_are_exact_and_never_floats(serve: Serve) -> None:
    source = serve(reply(b'{"value": -0.10, "large": 12345678901234567.89, "whole": 3}'))
    with client(source) as http:
        body = http.get("/x", {"limit": "10", "all": ""}).body
    assert body == {
        "value": Decimal("-0.10"),
        "large": Decimal("12345678901234567.89"),
        "whole": 3,
    }
    assert str(body["value"]) == "-0.10"
    assert source.requests[0].startswith(b"GET /2.0/x?limit=10&all= HTTP/1.1")


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        ("204 No Content", b"", (204, None)),
        ("401 Unauthorized", b'{"code": "x"}', (401, {"code": "x"})),
        ("403 Forbidden", b"<html>a wall</html>", (403, None)),
        ("404 Not Found", b"", (404, None)),
        ("409 Conflict", b'{"code": "noAccount"}', (409, {"code": "noAccount"})),
    ],
)
def test_what_the_source_says_on_purpose_is_for_the_caller_to_decide(
    serve: Serve, status: str, body: bytes, expected: tuple[int, object]
) -> None:
    with client(serve(reply(body, status))) as http:
        answer = http.get("/x")
    assert (answer.status, answer.body) == expected


NONSENSE = {
    "500": reply(b'{"code": "bug"}', "500 Oops"),
    "503 with a page": reply(b"<html></html>", "503 Busy", "Content-Type: text/html"),
    "408": reply(b"", "408 Request Timeout"),
    "redirect": reply(b"", "302 Found", "Location: http://169.254.169.254/"),
    "page instead of JSON": reply(b"<html>hello</html>", "200 OK", "Content-Type: text/html"),
    "cut JSON": reply(b'{"transactions": [{"id": 1}, {"id"'),
    "cut body": reply(b'{"a": 1}').replace(b"Content-Length: 8", b"Content-Length: 800"),
    "no HTTP at all": b"SSH-2.0-OpenSSH\r\n",
    "no answer": b"",
    "silence": b"silence",
    "wrong charset": reply("{'a': 'é'}".replace("'", '"').encode("latin-1")),
    "announced wrong charset": reply(b"{}", "200 OK", "Content-Type: text/html; charset=utf-16"),
    "not a number": reply(b'{"value": NaN}'),
    "infinite number": reply(b'{"value": -Infinity}'),
    "endless exponent": reply(b'{"value": 1.0e99999999999999999999}'),
    "endless digits": reply(b"9" * 8000),
    "deep nesting": reply(b"[" * 8000),
    "too large": reply(b'"' + b"x" * 10000 + b'"'),
    "broken packing": reply(b"not gzip", "200 OK", "Content-Encoding: gzip"),
    "dripping for ever": reply(b"[" + b"<drip>1," * 60 + b"1]"),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_means_the_source_is_unavailable(serve: Serve, name: str) -> None:
    limits = Limits(connect=1, read=0.3, deadline=0.6, max_bytes=9000, tries=1)
    with client(serve(NONSENSE[name]), limits) as http, pytest.raises(SourceUnavailable):
        http.get("/x")


def test_a_source_that_is_not_there_is_unavailable() -> None:
    with (
        HttpClient("http://127.0.0.1:9/2.0", allowed_hosts=LOOPBACK, limits=QUICK) as http,
        pytest.raises(SourceUnavailable, match="ConnectError"),
    ):
        http.get("/x")


def test_the_redirect_is_not_followed(serve: Serve) -> None:
    source = serve(reply(b"", "302 Found", "Location: /2.0/y"), reply(b"{}"))
    with client(source) as http, pytest.raises(SourceUnavailable):
        http.get("/x")
    assert len(source.requests) == 1


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("Retry-After: 30", 29, 31),
        ("Retry-After: 99999999999999999999", 86_399, 86_401),
        ("Retry-After: {date}", 55, 61),
        ("Retry-After: Wed, 21 Oct 2015 07:28:00 GMT", -1, 1),
        ("Retry-After: soon", None, None),
        ("Retry-After: -5", None, None),
        ("X-Other: 1", None, None),
    ],
)
def test_429_says_until_when(
    serve: Serve, header: str, least: int | None, most: int | None
) -> None:
    now = datetime.now(UTC)
    date = (now + timedelta(seconds=60)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    source = serve(reply(b"{}", "429 Too Many Requests", header.format(date=date)))
    with client(source, Limits(tries=3)) as http, pytest.raises(RateLimited) as caught:
        http.get("/x")
    assert len(source.requests) == 1, "the long wait is the host's"
    if least is None or most is None:
        assert caught.value.until is None
    else:
        assert caught.value.until is not None
        assert least <= (caught.value.until - now).total_seconds() <= most


def test_503_carries_the_wish_of_the_source(serve: Serve) -> None:
    source = serve(reply(b"", "503 Busy", "Retry-After: 120"))
    with client(source, Limits(tries=3)) as http, pytest.raises(SourceUnavailable) as caught:
        http.get("/x")
    assert caught.value.retry_after == timedelta(minutes=2)
    assert len(source.requests) == 1


def test_a_get_is_tried_again_at_once_a_few_times(serve: Serve) -> None:
    bad, good = reply(b"", "500 Oops"), reply(b'{"ok": true}')
    source = serve(bad, b"", good)
    pauses: list[float] = []
    with HttpClient(
        source.url, allowed_hosts=LOOPBACK, limits=Limits(tries=3, pause=0.5), sleep=pauses.append
    ) as http:
        assert http.get("/x").body == {"ok": True}
    assert pauses == [0.5, 2.0]


def test_no_further_try_once_the_deadline_is_near(serve: Serve) -> None:
    source = serve(reply(b"", "500 Oops"))
    limits = Limits(deadline=1, tries=3, pause=5)
    with client(source, limits) as http, pytest.raises(SourceUnavailable):
        http.get("/x")
    assert len(source.requests) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_a_get_is_repeated(serve: Serve, method: str) -> None:
    source = serve(reply(b"", "500 Oops"))
    with client(source, Limits(tries=3)) as http, pytest.raises(SourceUnavailable):
        http.send(method, "/x", json={"a": 1})
    assert len(source.requests) == 1


@pytest.mark.parametrize(
    "href",
    [
        "http://elsewhere.example/2.0/x",
        "https://127.0.0.1/2.0/x",
        "//elsewhere.example/x",
        "http://127.0.0.1:1/2.0/x",
        "http://user@127.0.0.1/2.0/x",
        "next?cursor=1",
        "javascript:alert(1)",
        "http://[::1/2.0/x",
        "",
    ],
)
def test_a_link_to_another_host_is_not_followed_with_our_token(serve: Serve, href: str) -> None:
    source = serve(reply(b"{}"))
    with client(source) as http, pytest.raises(SourceUnavailable):
        http.follow(href)
    assert source.requests == []


@pytest.mark.parametrize("href", ["{url}/2.0/x?cursor=a%2Fb", "/2.0/x?cursor=a%2Fb"])
def test_a_link_is_followed_as_it_stands(serve: Serve, href: str) -> None:
    source = serve(reply(b"{}"))
    with client(source) as http:
        http.follow(href.format(url=source.url))
    assert source.requests[0].startswith(b"GET /2.0/x?cursor=a%2Fb HTTP/1.1")


def test_proxies_of_the_environment_are_ignored(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with client(serve(reply(b"{}"))) as http:
        assert http.get("/x").ok


def test_no_secret_in_messages_representations_or_logs(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen = []
    for body in NONSENSE.values():
        with client(serve(body), Limits(read=0.1, deadline=0.2, tries=1)) as http:
            try:
                answer = http.send("POST", "/x", params={"q": SECRET}, json={"code": SECRET})
                seen.append(repr(answer))
            except SourceUnavailable as error:
                seen += [str(error), repr(error), repr(error.__context__)]
            seen.append(repr(http))
    assert len(seen) > 20
    assert SECRET not in "\n".join([*seen, caplog.text])


def test_tls_is_always_verified(serve: Serve, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    made += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        [*made, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
    )
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    source = serve(reply(b"{}"), tls=tls)
    with client(source) as http, pytest.raises(SourceUnavailable):
        http.get("/x")
    assert source.requests == []


HOSTS = ("*.biapi.pro", "webview.example", *LOOPBACK)


@pytest.mark.parametrize(
    "address",
    [
        "https://acme.biapi.pro/2.0",
        "https://acme.biapi.pro:443/2.0/",
        "https://a.b.biapi.pro",
        "https://webview.example",
        "http://127.0.0.1:8091/2.0",
        "http://localhost:8091/2.0",
        "http://[::1]:8091/2.0",
    ],
)
def test_addresses_a_connector_may_speak_to(address: str) -> None:
    assert checked_address(address, HOSTS) == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "acme.biapi.pro",
        "http://acme.biapi.pro/2.0",
        "https://acme.biapi.pro:8443/2.0",
        "https://acme.biapi.pro:99999/2.0",
        "https://biapi.pro/2.0",
        "https://.biapi.pro/2.0",
        "https://evilbiapi.pro/2.0",
        "https://acme.biapi.pro.evil.example/2.0",
        "https://user:pass@acme.biapi.pro/2.0",
        "https://acme.biapi.pro@evil.example/2.0",
        "https://evil.example\\@acme.biapi.pro/2.0",
        "https://acme.biapi.pro/2.0?x=1",
        "https://acme.biapi.pro/2.0#x",
        "https://acme.biapi.pro /2.0",
        "https://acme.biapi.pro/\r\nX: y",
        "ftp://127.0.0.1/2.0",
        "http://[::1/2.0",
        "file:///etc/passwd",
        "http://127.1/2.0",
        "http://2130706433/2.0",
        "http://0x7f000001/2.0",
        "http://[::ffff:127.0.0.1]/2.0",
        "http://169.254.169.254/2.0",
        "http://127.0.0.1.evil.example/2.0",
    ],
)
def test_addresses_a_connector_may_not_speak_to(address: str) -> None:
    with pytest.raises(SourceRejected) as caught:
        checked_address(address, HOSTS)
    assert caught.value.code == "bad_address"


def test_loopback_is_only_for_connectors_that_practise() -> None:
    with pytest.raises(SourceRejected):
        checked_address("http://127.0.0.1/2.0", ("*.biapi.pro",))
