"""Starts moto on 127.0.0.1 and a free port, which it prints.

MOTO_PORT is not our port but that of the front: Step Functions tasks call the
services they name there, Lambda functions included.
"""

import os
import sys
import threading

from moto.core.base_backend import BackendDict
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from werkzeug.serving import make_server


def end_with_parent():
    """Whoever started us holds our standard input open for as long as it lives."""
    while sys.stdin.buffer.read(1):
        pass
    os._exit(0)


class Handler(MotoRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code="-", size="-"):
        """Requests are recorded by the front; only errors are worth a line."""


def contents(thing):
    """What an object of moto holds: its attributes or members, or the bytes of a file."""
    if isinstance(thing, dict):
        return [*thing.keys(), *thing.values()]
    if isinstance(thing, (list, tuple, set, frozenset)) or type(thing).__name__ == "deque":
        return list(thing)
    if hasattr(thing, "seek") and hasattr(thing, "read"):
        place = thing.tell()
        thing.seek(0)
        held = thing.read()
        thing.seek(place)
        return [held]
    return list(getattr(thing, "__dict__", {}).values())


def remembered():
    """Every text and number that the services hold, one a line, for a test that looks
    for what must not be there any more."""
    found, seen, left = [], set(), list(BackendDict._instances)
    while left:
        thing = left.pop()
        if isinstance(thing, (str, int, float)):
            found.append(str(thing))
        elif isinstance(thing, (bytes, bytearray)):
            found.append(bytes(thing).decode("utf-8", "backslashreplace"))
        elif id(thing) not in seen and not isinstance(thing, type) and not callable(thing):
            seen.add(id(thing))
            left.extend(contents(thing))
    return "\n".join(found).encode()


def with_memory(application):
    """The application, and /remembered, which no AWS service has."""

    def serve(environ, start_response):
        if environ.get("PATH_INFO") != "/remembered":
            return application(environ, start_response)
        start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
        return [remembered()]

    return serve


threading.Thread(target=end_with_parent, daemon=True).start()
server = make_server(
    "127.0.0.1",
    0,
    with_memory(DomainDispatcherApplication(create_backend_app)),
    threaded=True,
    request_handler=Handler,
)
print(f"listening on {server.port}", flush=True)
server.serve_forever()
