"""Starts moto on 127.0.0.1 and a free port, which it prints.

MOTO_PORT is not our port but that of the front: Step Functions tasks call the
services they name there, Lambda functions included.
"""

import os
import sys
import threading

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


threading.Thread(target=end_with_parent, daemon=True).start()
server = make_server(
    "127.0.0.1",
    0,
    DomainDispatcherApplication(create_backend_app),
    threaded=True,
    request_handler=Handler,
)
print(f"listening on {server.port}", flush=True)
server.serve_forever()
