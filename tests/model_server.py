"""A server that speaks the OpenAI protocol and answers as its script says: right, wrong, slow, hostile.

    python tests/model_server.py FOLDER

Prints its port. ``FOLDER/script.json`` is a list of answers, taken in turn and the last one again and again; what was
asked is added to ``FOLDER/asked.jsonl``, a request a line.
"""

from __future__ import annotations

import http.server
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any


class ModelServer:
    """The server as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.answers({"statements": []})
        self.process = subprocess.Popen(
            [sys.executable, __file__, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout
        self.base_url = f"http://127.0.0.1:{int(self.process.stdout.readline())}/v1"

    def answers(self, *script: dict[str, Any]) -> None:
        """What it answers from now on."""
        (self.folder / "script.json").write_text(json.dumps(script))
        (self.folder / "asked.jsonl").unlink(missing_ok=True)

    @property
    def asked(self) -> list[dict[str, Any]]:
        log = self.folder / "asked.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait()


class Handler(http.server.BaseHTTPRequestHandler):
    folder: Path

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        log = self.folder / "asked.jsonl"
        number = len(log.read_text().splitlines()) if log.exists() else 0
        with log.open("a") as lines:
            lines.write(json.dumps({"path": self.path, "key": self.headers["Authorization"], "body": body}) + "\n")
        script = json.loads((self.folder / "script.json").read_text())
        self.play(script[min(number, len(script) - 1)], body)

    def play(self, answer: dict[str, Any], body: dict[str, Any]) -> None:
        if answer.get("knows") is not None and not self.knows(answer["knows"], body):
            self.send(400, b'{"error": {"message": "unknown field response_format"}}')
            return
        time.sleep(answer.get("wait", 0))
        if "drip" in answer:
            self.drip(answer["drip"])
            return
        if "raw" in answer:
            payload = (answer["raw"] * answer.get("times", 1)).encode()
        else:
            payload = json.dumps(completion(answer)).encode()
        self.send(answer.get("status", 200), payload, answer.get("headers", {}), answer.get("cut", 0))

    def knows(self, known: list[str], body: dict[str, Any]) -> bool:
        return body.get("response_format", {}).get("type", "text") in known

    def send(self, status: int, payload: bytes, headers: dict[str, str] | None = None, cut: int = 0) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload[: len(payload) - cut])
        self.close_connection = self.close_connection or bool(cut)

    def drip(self, seconds: float) -> None:
        """A byte now and then, each soon enough for no timeout between bytes."""
        self.send_response(200)
        self.end_headers()
        try:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                self.wfile.write(b" ")
                time.sleep(0.02)
        except OSError:
            pass
        self.close_connection = True

    def log_message(self, *args: Any) -> None:
        pass


def completion(answer: dict[str, Any]) -> dict[str, Any]:
    content = answer.get("content")
    if "statements" in answer:
        content = json.dumps({"statements": answer["statements"]}, ensure_ascii=False)
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content, **answer.get("message", {})},
                "finish_reason": answer.get("finish", "stop"),
            }
        ],
        "usage": {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200, **answer.get("usage", {})},
    }


if __name__ == "__main__":
    Handler.folder = Path(sys.argv[1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()
