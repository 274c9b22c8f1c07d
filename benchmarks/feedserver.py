"""A thousand small publishers on one machine: each is a host of its own in 127.0.0.0/8, with one feed of twenty items.

Run as a program with a port. It answers with ETag and 304, as servers of feeds do.
"""

import asyncio
import sys

ITEMS = 20


def address(number: int, port: int) -> str:
    return f"http://127.1.{number // 250}.{1 + number % 250}:{port}/feed/{number}.xml"


def feed(number: int) -> bytes:
    items = "".join(
        f"<item><title>Report {number}-{n}: envoys meet &amp; speak of a ceasefire</title>"
        f"<link>https://news{number}.example/articles/{n}</link><guid isPermaLink='false'>{number}-{n}</guid>"
        f"<pubDate>Fri, 21 Nov 2025 10:{n:02d}:00 GMT</pubDate><dc:creator>Desk {n}</dc:creator>"
        "<description>&lt;p&gt;The ministers met on Friday to discuss what had been tabled the week before, and left "
        "without a word to the press. They will meet again.&lt;/p&gt;</description><category>World</category></item>"
        for n in range(ITEMS)
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
        f"<title>News {number}</title><link>https://news{number}.example/</link><description>News</description>"
        f"<language>en</language>{items}</channel></rss>"
    ).encode()


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            number = request.split("/feed/", 1)[1].split(".xml", 1)[0]
            head = f'ETag: "{number}"\r\nContent-Type: application/rss+xml\r\n'
            if f'if-none-match: "{number}"' in request.lower():
                writer.write(f"HTTP/1.1 304 Not Modified\r\n{head}\r\n".encode())
            else:
                body = feed(int(number))
                writer.write(f"HTTP/1.1 200 OK\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError, IndexError):
        pass
    finally:
        writer.close()


async def serve(port: int) -> None:
    server = await asyncio.start_server(answer, "0.0.0.0", port, backlog=500)  # noqa: S104
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
