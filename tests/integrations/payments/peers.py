"""A real HTTP peer on this machine, behind which a provider's world answers, well or badly."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Answer = tuple[int, Any] | tuple[int, Any, dict[str, str]]


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class World:
    """What a provider keeps. `breaks`: hang, drop, garbage or a status; `breaks_at`: only for paths with this in it."""

    requests: list[Request] = field(default_factory=list)
    breaks: str = ""
    breaks_at: str = ""
    breaks_method: str = ""
    by_key: dict[str, tuple[bytes, Answer]] = field(default_factory=dict)
    url: str = ""
    key_header = "idempotency-key"

    def answer(self, request: Request) -> Answer:
        """The answer to a request; the same key with the same content has the same answer."""
        key = request.headers.get(self.key_header, "")
        if key and key in self.by_key:
            content, kept = self.by_key[key]
            if content != request.body:
                return 400, {"error": {"type": "idempotency_error", "message": "same key, other parameters"}}
            return kept
        found = self.route(request)
        if key:
            self.by_key[key] = (request.body, found)
        return found

    def route(self, request: Request) -> Answer:
        raise NotImplementedError

    def made(self, method: str, ending: str) -> list[Request]:
        return [each for each in self.requests if each.method == method and each.path.endswith(ending)]


@contextlib.contextmanager
def serving(world: World) -> Iterator[World]:
    """The world behind a free port of this machine."""
    stop = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(length)
            request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
            world.requests.append(request)
            here = world.breaks_at in parts.path and world.breaks_method in ("", self.command)
            how = world.breaks if here else ""
            if how == "hang":
                stop.wait(5)
            if how in ("hang", "drop"):
                self.close_connection = True
                return
            status, found, *more = (int(how), broken(headers)) if how.isdigit() else world.answer(request)
            data = GARBAGE.get(how) or (found if isinstance(found, bytes) else json.dumps(found).encode())
            self.send_response(200 if how in GARBAGE else status)
            for name, value in (more[0] if more else {"Location": "http://127.0.0.1:9/"}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = handle_one

        def log_message(self, *arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    world.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield world
    finally:
        stop.set()
        server.shutdown()
        server.server_close()


GARBAGE = {
    "html": b"<html>mantenimiento</html>",
    "nothing": b" ",
    "number": b"7",
    "nan": b'{"amount": NaN, "id": Infinity}',
    "empty": b"{}",
    "list": b"[]",
    "deep": b"[" * 200_000,
    "latin": b'{"id": "\xff"}',
    "odd": b'{"id": {"a": 1}, "data": 7, "status": [], "resultado": [], "respuesta": 1, "estado": 0, "elements": 3, '
    b'"results": {}, "url": "javascript:1", "checkout": 1, "number": "1", "currency": "XXX", "payment_status": {}}',
}


def broken(headers: dict[str, str]) -> dict[str, Any]:
    """An error that repeats what it was sent, keys and all, as careless programs do."""
    told = f"rejected: {headers.get('authorization', '')} for https://aldia.example/ganchos/pagos/1/CANARIO/"
    return {"error": {"code": "broken", "message": told}, "message": told, "descripcion": told}
