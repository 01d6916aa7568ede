"""The local source of the night benchmark: every call takes 300 ms and gives twenty rows.

As light as can be, since it runs on the same processors as what is measured. A card whose name
begins with ``hang`` is never answered.
"""

import asyncio
import json
import sys

PAUSE = 0.3
ROWS = 20


def rows_of(card: str) -> bytes:
    """Return the rows of a card: the same at every call."""
    rows = [
        {
            "id": f"{card}-{number}",
            "cents": -1000 - number,
            "memo": f"CARTE {number:02d}/03 MARCHAND {number * 7 % 40} PARIS",
            "day": f"2026-03-{1 + number % 17:02d}",
        }
        for number in range(ROWS)
    ]
    return json.dumps(rows).encode()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the calls of one connection."""
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            card = head.split(b" ", 2)[1].rsplit(b"/", 1)[1].decode()
            await asyncio.sleep(3600 if card.startswith("hang") else PAUSE)
            body = rows_of(card)
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
            )
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    """Listen on a free port and print it."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
