# SPDX-License-Identifier: Apache-2.0
"""A registry to pull from, on any free port of the loopback: as much of the protocol as that takes."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from image import digest


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(self.server.found(self.path))

    def do_HEAD(self):
        self.answer(self.server.found(self.path), with_body=False)

    def answer(self, found, with_body=True):
        kind, body = found or ("application/json", b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Docker-Content-Digest", digest(body))
        self.end_headers()
        if with_body:
            self.wfile.write(body)

    def log_message(self, *_):
        pass


class Registry(ThreadingHTTPServer):
    """Serves images by tag, until the end of the with block."""

    def __init__(self, images):
        super().__init__(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server_port}"
        self.answers = {"/v2/": ("application/json", b"{}")}
        for tag, image in images.items():
            top = json.loads(image.files()["index.json"])["manifests"][0]
            manifest = (top["mediaType"], image.blobs[top["digest"]])
            self.answers[f"/v2/hello/manifests/{tag}"] = manifest
            self.answers[f"/v2/hello/manifests/{top['digest']}"] = manifest
            for name, data in image.blobs.items():
                self.answers[f"/v2/hello/blobs/{name}"] = ("application/octet-stream", data)
        self.thread = threading.Thread(target=self.serve_forever)

    def found(self, path):
        return self.answers.get(path)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.thread.join()
        self.server_close()
