"""The local server of ``nudipole explore``: the page, and limits of cards that are edited in it.

Bound to 127.0.0.1 alone. Every request must carry the Host of this server (so that no other name can be pointed at it)
and, if it has one, its Origin; what computes also needs the token that only the page has. Bodies are at most 64 kB,
connections and processes are counted, and whoever is slow is dropped.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import urllib.parse
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from nudipole.catalogue import registry
from nudipole.errors import DomainError
from nudipole.explorer.jobs import Answer, Jobs, fault

ADDRESS = "127.0.0.1"
LARGEST_BODY, MOST_CONNECTIONS, SLOWEST = 64 << 10, 48, 15.0  # bytes, connections, seconds
_CONTENT = {"html": "text/html; charset=utf-8", "json": "application/json; charset=utf-8"}
_SAFE = (
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "frame-ancestors 'none'"),
)


class Server(ThreadingHTTPServer):
    """One page and its computations.

    Parameters
    ----------
    port : int
        0 for any free one.
    make_page : callable
        Token -> the page.
    jobs : Jobs, optional

    Raises
    ------
    DomainError
        If the port is not free or not a port.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, make_page: Callable[[str], str], jobs: Jobs | None = None) -> None:
        if not 0 <= port <= 65535:
            raise DomainError(f"port must lie between 0 and 65535, got {port}")
        self.token = secrets.token_urlsafe(24)
        self.page = make_page(self.token).encode()
        self.jobs = jobs or Jobs()
        self._places = threading.BoundedSemaphore(MOST_CONNECTIONS)
        try:
            super().__init__((ADDRESS, port), Handler)
        except OSError as error:
            raise DomainError(f"port {port} cannot be used: {error.strerror or error}") from None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.server_address[1])

    @property
    def hosts(self) -> tuple[str, ...]:
        """Values of the Host header that mean this server."""
        return tuple(f"{name}:{self.port}" for name in (ADDRESS, "localhost"))

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of the server."""

    def server_close(self) -> None:
        self.jobs.close()
        super().server_close()


class Handler(BaseHTTPRequestHandler):
    """Requests of the page."""

    server: Server
    timeout = SLOWEST
    server_version = "nudipole"
    sys_version = ""
    _posts: ClassVar[dict[str, str]] = {"/api/limit": "_limit", "/api/cancel": "_cancel"}

    def do_GET(self) -> None:
        if not self._welcome():
            return
        path, _, query = self.path.partition("?")
        if path == "/":
            self._send(HTTPStatus.OK, self.server.page, "html")
        elif path == "/api/card":
            self._card(urllib.parse.parse_qs(query, max_num_fields=4).get("key", [""])[0])
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")

    def do_POST(self) -> None:
        if not self._welcome():
            return
        action = self._posts.get(self.path)
        if action is None:
            self._refuse(HTTPStatus.NOT_FOUND, "there is no such page")
        elif not hmac.compare_digest(self.headers.get("X-Nudipole-Token", "").encode(), self.server.token.encode()):
            self._refuse(HTTPStatus.FORBIDDEN, "the request does not come from the page of this server; load it again")
        elif self.headers.get_content_type() != "application/json":
            self._refuse(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "the request must be JSON")
        elif (body := self._body()) is not None:
            getattr(self, action)(body)

    def _welcome(self) -> bool:
        """Only the page of this very server may ask."""
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin")
        site = self.headers.get("Sec-Fetch-Site", "none")
        if host not in self.server.hosts:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST, "this server answers at its own address only")
        elif (origin is not None and origin != f"http://{host}") or site not in ("none", "same-origin"):
            self._refuse(HTTPStatus.FORBIDDEN, "another site may not ask this server")
        else:
            return True
        return False

    def _body(self) -> dict[str, Any] | None:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit():
            self._refuse(HTTPStatus.LENGTH_REQUIRED, "the request must say how long it is")
        elif len(length) > 9 or int(length) > LARGEST_BODY:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a card may have at most {LARGEST_BODY >> 10} kB")
        else:
            try:
                body = json.loads(self.rfile.read(int(length)))
            except (ValueError, RecursionError):
                body = None
            if isinstance(body, dict):
                return body
            self._refuse(HTTPStatus.BAD_REQUEST, "the request is not a JSON object")
        return None

    def _card(self, key: str) -> None:
        if key not in registry.card_keys():
            self._refuse(HTTPStatus.NOT_FOUND, "has no card: choose an experiment, not the sky or a line")
            return
        text = (registry.card_directory() / f"{key}.toml").read_text(encoding="utf-8")
        self._answer({"toml": text})

    def _limit(self, body: dict[str, Any]) -> None:
        names = ("toml", "flavor", "nature", "preset", "job")
        missing = [name for name in names if not isinstance(body.get(name), str)]
        if missing:
            self._refuse(HTTPStatus.BAD_REQUEST, f"the request lacks {', '.join(missing)}")
            return
        self._answer(self.server.jobs.compute(body["job"], {name: body[name] for name in names[:-1]}))

    def _cancel(self, body: dict[str, Any]) -> None:
        self._answer({"stopped": self.server.jobs.cancel(str(body.get("job", "")))})

    def _answer(self, answer: Answer) -> None:
        self._send(HTTPStatus.OK, json.dumps(answer).encode(), "json")

    def _refuse(self, status: HTTPStatus, message: str) -> None:
        self._send(status, json.dumps(fault("request", message)).encode(), "json")

    def _send(self, status: HTTPStatus, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", _CONTENT[kind])
        self.send_header("Content-Length", str(len(content)))
        for name, value in _SAFE:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: what a client writes into a request reaches no terminal."""
