"""A small HTTP client that costs less than the server that it loads: one request over and over on open connections."""

import socket
import threading
import time


class Connection:
    def __init__(self, port: int, path: str, **headers: str) -> None:
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Accept-Encoding: gzip"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        self.request = ("\r\n".join(lines) + "\r\n\r\n").encode()
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.left = b""

    def get(self) -> tuple[int, dict[str, str], bytes]:
        """Send the request; status, headers and body of the answer."""
        self.socket.sendall(self.request)
        head = self._read_until(b"\r\n\r\n").decode("latin-1")
        status_line, *lines = head.rstrip().split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(status_line.split()[1])
        if headers.get("transfer-encoding") == "chunked":
            return status, headers, self._read_chunks()
        return status, headers, self._read(int(headers.get("content-length", 0)))

    def _read_until(self, mark: bytes) -> bytes:
        while mark not in self.left:
            self._more()
        head, _, self.left = self.left.partition(mark)
        return head

    def _read(self, size: int) -> bytes:
        while len(self.left) < size:
            self._more()
        body, self.left = self.left[:size], self.left[size:]
        return body

    def _read_chunks(self) -> bytes:
        body = b""
        while size := int(self._read_until(b"\r\n"), 16):
            body += self._read(size)
            self._read(2)
        self._read(2)
        return body

    def _more(self) -> None:
        received = self.socket.recv(1 << 16)
        if not received:
            raise ConnectionError("the server closed the connection")
        self.left += received


def requests_a_second(port: int, path: str, seconds: float, status: int = 200, **headers: str) -> float:
    """How often a page is answered in a second by four connections at once. Raises on another status."""
    counts: list[int] = []

    def run() -> None:
        connection, count, end = Connection(port, path, **headers), 0, time.monotonic() + seconds
        while time.monotonic() < end:
            answered, _, _ = connection.get()
            if answered != status:
                raise RuntimeError(f"{path} answered {answered}")
            count += 1
        counts.append(count)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(counts) != len(threads):
        raise RuntimeError(f"{path}: a connection failed")
    return sum(counts) / seconds
