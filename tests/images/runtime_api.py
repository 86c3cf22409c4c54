# SPDX-License-Identifier: Apache-2.0
"""A Runtime API on a free port of the loopback: hands out events one by one, and then lets the function
wait."""
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NEXT = "/2018-06-01/runtime/invocation/next"
DEADLINE_MS = 32503680000000  # the year 3000: a function that is emulated is slow


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        event = self.server.events.get() if self.path == NEXT else None
        if event is None:  # it is over; or the function asks for something else
            self.close_connection = True
            return
        self.answer(200, event, {
            "Lambda-Runtime-Aws-Request-Id": f"request-{self.server.count()}",
            "Lambda-Runtime-Deadline-Ms": str(DEADLINE_MS),
            "Lambda-Runtime-Invoked-Function-Arn":
                "arn:aws:lambda:eu-west-1:123456789012:function:function"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.reports.put((self.path.removeprefix("/2018-06-01/runtime/"), body))
        self.answer(202, b'{"status":"OK"}', {})

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    handed_out = 0

    def count(self):
        self.handed_out += 1
        return self.handed_out


class RuntimeApi:
    """Runs until the end of the with block."""

    def __enter__(self):
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.events, self.server.reports = queue.Queue(), queue.Queue()
        self.address = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.events.put(None)
        self.server.shutdown()
        self.server.server_close()

    def invoke(self, event, patience):
        """What the function reports: the path below that of the runtime, and the body."""
        self.server.events.put(event)
        return self.server.reports.get(timeout=patience)
