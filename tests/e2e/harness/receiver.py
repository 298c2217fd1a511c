#!/usr/bin/env python3
"""A receiver of posted jobs for tests: answers as the body says, and tells what it was sent.

usage: receiver.py [CERTIFICATE KEY [CLIENT_CA]]

The body is JSON: {"status": 200, "headers": {...}, "type": "...", "body": "...", "size": N,
"hang": true, "close": true}. Each request is a line of JSON on standard output.
"""
import base64
import hashlib
import hmac
import http.server
import json
import ssl
import sys
import threading

SECRET = b"a secret of the tests, 24+"


def is_signed(headers, body):
    """The scheme of standardwebhooks.com, written from its text alone."""
    content = f"{headers.get('webhook-id')}.{headers.get('webhook-timestamp')}.".encode() + body
    wanted = base64.b64encode(hmac.new(SECRET, content, hashlib.sha256).digest()).decode()
    given = [one.partition(",")[2] for one in (headers.get("webhook-signature") or "").split()]
    return any(hmac.compare_digest(wanted, one) for one in given)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        line = {
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode("latin-1"),
            "is_signed": is_signed(self.headers, body),
            "connection": self.client_address[1],
        }
        print(json.dumps(line), flush=True)
        try:
            order = json.loads(body)
        except ValueError:
            order = {}
        if not isinstance(order, dict):
            order = {"body": body.decode(), "type": "application/json"}
        if order.get("hang"):
            threading.Event().wait()
        answer = (order.get("body", "") + "x" * order.get("size", 0)).encode("latin-1")
        self.send_response(order.get("status", 200))
        for name, value in order.get("headers", {}).items():
            self.send_header(name, value)
        if "type" in order:
            self.send_header("Content-Type", order["type"])
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
        self.close_connection = bool(order.get("close"))

    def log_message(self, *_):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[1], sys.argv[2])
        if len(sys.argv) > 3:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(sys.argv[3])
        server.socket = context.wrap_socket(server.socket, server_side=True)
    print(f"listening {server.server_address[1]}", flush=True)
    server.serve_forever()


main()
