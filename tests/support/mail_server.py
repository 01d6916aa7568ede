"""A mail server on loopback that keeps what it is given, and can refuse or be slow to answer."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default


@dataclass
class MailServer:
    """What came in, and how it answers the next messages (``250`` takes them)."""

    url: str = ""
    answer: str = "250 taken"
    letters: list[EmailMessage] = field(default_factory=list)

    def recipients(self) -> list[str]:
        """Return to whom the messages went, in their order."""
        return [str(letter["To"]) for letter in self.letters]


class _Conversation(socketserver.StreamRequestHandler):
    """One SMTP conversation (RFC 5321), as far as a client that sends one message needs it."""

    keeper: MailServer

    def handle(self) -> None:
        self._say("220 loopback")
        while line := self.rfile.readline():
            verb = line.split(b" ")[0].strip().upper()
            if verb == b"DATA":
                self._say("354 go on")
                self._take(self._body())
            elif verb == b"QUIT":
                self._say("221 bye")
                return
            elif verb == b"EHLO":
                self._say("250-loopback\r\n250 8BITMIME")
            else:
                self._say("250 ok")

    def _body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        return b"".join(lines)

    def _take(self, body: bytes) -> None:
        if self.keeper.answer.startswith("250"):
            letter = message_from_bytes(body, policy=default)
            assert isinstance(letter, EmailMessage)
            self.keeper.letters.append(letter)
        self._say(self.keeper.answer)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Serve mail on a free port until the end."""
    keeper = MailServer()
    handler = type("Conversation", (_Conversation,), {"keeper": keeper})
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        keeper.url = f"smtp://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield keeper
        server.shutdown()
        thread.join()
