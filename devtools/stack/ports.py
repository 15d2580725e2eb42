"""The ports of the stack's services.

Ports that people use have fixed defaults and a variable each. The other ports are free ones, the same as
last time if they are still free: the port of the sample site is a part of its links, and a new link
would be a new story.
"""

from __future__ import annotations

import errno
import json
import socket
from pathlib import Path

from devtools.redis_server import free_port
from devtools.stack import StackError

LOOPBACK = "127.0.0.1"


def is_free(port: int) -> bool:
    """Whether we can listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen(1)
        except OSError as error:
            if error.errno in {errno.EADDRINUSE, errno.EACCES}:
                return False
            raise
    return True


def fixed_port(name: str, port: int) -> int:
    """The port from the setting `name`. Raises StackError if it is taken."""
    if is_free(port):
        return port
    other = port + 10 if port < 65_000 else port - 10
    raise StackError(
        f"port {port} is taken by another program: end that program or choose another port, "
        f"e.g. {name}={other} make run"
    )


class RememberedPorts:
    """Free ports by service name, kept in a file so that a restart uses the same ones."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ports = _read(file)

    def take(self, service: str) -> int:
        """The port of the service from last time if it is free, else a new one, which is saved."""
        known = self._ports.get(service)
        if known is not None and is_free(known):
            return known
        port = free_port()
        while port in self._ports.values():
            port = free_port()
        self._ports[service] = port
        self._file.write_text(json.dumps(self._ports, indent=1, sort_keys=True), encoding="utf-8")
        return port


def _read(file: Path) -> dict[str, int]:
    try:
        ports = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    if not isinstance(ports, dict):
        return {}
    return {name: port for name, port in ports.items() if isinstance(port, int) and 1 <= port <= 65535}
