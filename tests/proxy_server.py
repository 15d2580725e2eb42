"""A forward and CONNECT proxy for tests: it alone knows where the names lead, and keeps a log."""

from __future__ import annotations

import contextlib
import socket
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Asked:
    """One request to the proxy: what for, and the credentials shown to it."""

    method: str
    target: str
    authorization: str


class Proxy:
    """Runs on a free loopback port until `stop`; `names` says which loopback port is which host."""

    def __init__(self, names: dict[str, int]) -> None:
        self.names = names
        self.asked: list[Asked] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._over = False
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self) -> None:
        self._over = True
        self._listener.close()

    def _accept(self) -> None:
        while not self._over:
            with contextlib.suppress(OSError):
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(65_536)
            first, *lines = head.decode("latin-1").rstrip().split("\r\n")
            method, target, _ = first.split(" ")
            sent = [line for line in lines if line.lower().startswith("proxy-authorization:")]
            self.asked.append(Asked(method, target, sent[0].partition(": ")[2] if sent else ""))
            parts = urlsplit(target if method == "GET" else f"//{target}")
            port = self.names.get(parts.hostname or "")
            if port is None:
                client.sendall(b"HTTP/1.1 502 Unknown host\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", port)) as upstream:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                else:
                    passed = [
                        line for line in lines if line not in sent and not line.startswith("Connection")
                    ]
                    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
                    request = [f"GET {path} HTTP/1.1", *passed, "Connection: close", "", ""]
                    upstream.sendall("\r\n".join(request).encode("latin-1"))
                back = threading.Thread(target=_pump, args=(upstream, client), daemon=True)
                back.start()
                _pump(client, upstream)
                back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
