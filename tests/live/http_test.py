#!/usr/bin/env python3
"""HTTP on a real server: pages of the operator, JSON-RPC, files, hostile clients, and nginx in front."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import socket
import subprocess
import sys
import time

from nginx import Nginx
from sip_client import Client
from support import DOMAIN, Failure, Server, free_port, run_tests, wait_until
from web_client import WebSocket, get

TOKEN = "a token of the live test"
SCRIPT = """
local timer = require "viaduct.timer"
function on_request(req)
  if req.uri.user == "slow" then timer.sleep(6) end
  return 200
end
"""


def web_server(folder, http_keys="", websocket_keys="", script=SCRIPT):
    """A server with SIP on UDP and HTTP on a port of its own, `web`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "web.lua").write_text(script)
    (folder / "site").mkdir(exist_ok=True)
    (folder / "site/index.html").write_text("<p>phone")
    (folder / "rpc.token").write_text(TOKEN + "\n")
    port = free_port()
    server = Server(folder, script=folder / "web.lua", transports=("udp",),
                    modules=f'[[listen]]\ntransport = "ws"\naddress = "127.0.0.1:{port}"\n[module.http]\nfiles = "site"\n{http_keys}\n'
                            f'[module.websocket]\n{websocket_keys}\n')
    server.web = ("127.0.0.1", port)
    return server


def expect(answer, status, text=b""):
    if answer[0] != status or text not in answer[2]:
        raise Failure(f"{answer} instead of {status} with {text}")
    return answer


def curl(server, *arguments, path="/"):
    result = subprocess.run(["curl", "-s", "-S", "-m", "20", *arguments, f"http://{server.web[0]}:{server.web[1]}{path}"], capture_output=True, timeout=30)
    if result.returncode != 0:
        raise Failure(f"curl {arguments} {path}: {result.stderr.decode()}")
    return result.stdout


def operator_pages(folder):
    with web_server(folder) as server:
        expect(get(server.web, "/healthz"), 200, b"ok")
        expect(get(server.web, "/readyz"), 200, b"ready")
        metrics = expect(get(server.web, "/metrics"), 200)[2].decode()
        names = {line.split("{")[0].split(" ")[0] for line in metrics.splitlines() if not line.startswith("#")}
        typed = {line.split()[2] for line in metrics.splitlines() if line.startswith("# TYPE")}
        if names != typed or "viaduct_http_connections" not in names or len(names) < 30:
            raise Failure(f"metrics without a type, or types without a metric: {names ^ typed}")
        expect(get(server.web, "/metrics", "X-Forwarded-For: 127.0.0.1\r\n"), 403)
        expect(get(server.web, "/rpc"), 404)  # off by default; the folder has no such file
        if json.loads(server.viactl("--json", "stats").stdout) == []:
            raise Failure("no statistics")


def json_rpc(folder):
    with web_server(folder, 'rpc = true\nrpc_token_file = "rpc.token"') as server:
        def call(body, token=TOKEN, *more):
            return curl(server, "-H", f"Authorization: Bearer {token}", "-H", "Content-Type: application/json", "-d", body, *more, path="/rpc")
        workers = json.loads(call('{"jsonrpc":"2.0","id":7,"method":"server.ps"}'))
        if workers["id"] != 7 or len(workers["result"]["workers"]) != 2:
            raise Failure(f"server.ps says {workers}")
        for _ in range(20):  # connections of either worker
            if json.loads(call('{"jsonrpc":"2.0","id":1,"method":"server.version"}'))["id"] != 1:
                raise Failure("another's answer")
        if json.loads(call('{"jsonrpc":"2.0","id":1,"method":"no.such"}'))["error"]["code"] != -32601:
            raise Failure("a method that is none")
        started = time.monotonic()
        if call('{"jsonrpc":"2.0","method":"server.version"}', TOKEN, "-w", "%{http_code}") != b"204" or time.monotonic() - started > 5:
            raise Failure("a notification is not answered 204 at once")
        if call('{"jsonrpc":"2.0","id":1,"method":"server.ps"}', "wrong", "-o", "/dev/null", "-w", "%{http_code}") != b"401":
            raise Failure("a wrong token is taken")


def files(folder):
    with web_server(folder) as server:
        large = os.urandom(3_000_000)
        (folder / "site/large.bin").write_bytes(large)
        (folder / "secret").write_text("secret")
        (folder / "site/link").symlink_to("../secret")
        if curl(server, path="/large.bin") != large:
            raise Failure("the large file came otherwise")
        if curl(server, "--limit-rate", "2M", path="/large.bin") != large:
            raise Failure("the large file came otherwise to a slow client")
        status, fields, body = get(server.web, "/")
        if (status, body) != (200, b"<p>phone") or "wss://phone.example.test" not in fields["content-security-policy"]:
            raise Failure(f"{status} {fields} {body}")
        expect(get(server.web, "/", f"If-None-Match: {fields['etag']}\r\n"), 304)
        for path in ("/../secret", "/..%2fsecret", "/%2e%2e/secret", "/link", "/./index.html", "//secret"):
            if get(server.web, path)[0] not in (400, 404):
                raise Failure(f"{path} is answered with a file")
        if curl(server, "--path-as-is", "-o", "/dev/null", "-w", "%{http_code}", path="/../../../../etc/passwd") != b"400":
            raise Failure("a way out of the folder")


def hostile_clients(folder):
    with web_server(folder, 'head_timeout = "1s"\nidle_timeout = "1s"') as server:
        # Bytes that are no request: an answer, and the end.
        for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET / HTTP/1.1\nHost: a\n\n", b"\x00" * 100, b"G" * 100000):
            with socket.create_connection(server.web, 10) as stream:
                stream.sendall(garbage)
                answer = b""
                try:
                    while part := stream.recv(65536):
                        answer += part
                except ConnectionResetError:
                    pass
                if answer and not answer.startswith(b"HTTP/1.1 4"):
                    raise Failure(f"{garbage[:20]!r} is answered {answer[:60]!r}")
        # Many that say little: all are let go.
        slow = [socket.create_connection(server.web, 10) for _ in range(100)]
        for stream in slow:
            stream.sendall(b"GET / HT")
        for stream in slow:
            stream.settimeout(5)
            if not stream.recv(100).startswith(b"HTTP/1.1 408"):
                raise Failure("a slow client is not told to go")
            stream.close()
        # One that asks without end and does not read: it costs a few kilobytes, and all is answered in the end.
        def memory():
            return int(open(f"/proc/{server.process.pid}/statm").read().split()[1]) * 4
        before = memory()
        with socket.create_connection(server.web, 10) as stream:
            stream.sendall(b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
            time.sleep(1)
            if memory() - before > 8000:
                raise Failure(f"a pipelining client costs {memory() - before} kB")
            stream.settimeout(10)
            received = b""
            while received.count(b"HTTP/1.1 200") < 1000:
                part = stream.recv(1 << 20)
                if not part:
                    raise Failure(f"{received.count(b'HTTP/1.1 200')} of 1000 answers came")
                received += part
        expect(get(server.web, "/healthz"), 200)


def draining(folder):
    with web_server(folder) as server:
        sip = Client(server, DOMAIN)
        sip.send(sip.request("OPTIONS", f"sip:slow@{server.host}:{server.port}", "slow@drain"))
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: get(server.web, "/readyz")[0] == 503, 4, "/readyz does not say that the server drains")
        expect(get(server.web, "/healthz"), 200)
        server.process.wait(30)


def behind_nginx(folder):
    server = web_server(folder, 'trusted_proxies = ["127.0.0.1"]', script="""
        function on_handshake(handshake)
          require("viaduct.log").info("handshake from", handshake.source.ip, tostring(handshake.secure))
        end
        function on_request(req) return 200, req.source.ip end
        """)
    with server, Nginx(folder / "nginx", server.web) as nginx:
        expect(get(nginx.address, "/"), 200, b"<p>phone")
        expect(get(nginx.address, "/metrics"), 403)
        with WebSocket(nginx.address, "/ws", fields="X-Forwarded-For: 203.0.113.9\r\n") as phone:
            phone.send("OPTIONS sip:example.test SIP/2.0\r\nVia: SIP/2.0/WS df7jal23ls0d.invalid;branch=z9hG4bK1;rport\r\n"
                       "Max-Forwards: 70\r\nFrom: <sip:a@example.test>;tag=1\r\nTo: <sip:example.test>\r\nCall-ID: nginx\r\n"
                       "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
            answer = phone.receive()
            if not answer.startswith("SIP/2.0 200 203.0.113.9\r\n") or "received=203.0.113.9" not in answer:
                raise Failure(f"through nginx: {answer}")
        if "handshake from 203.0.113.9" not in server.log.read_text():
            raise Failure("the script saw another address")


if __name__ == "__main__":
    sys.exit(run_tests([
        ("health, readiness and metrics", operator_pages),
        ("JSON-RPC with a token", json_rpc),
        ("files, large and forbidden", files),
        ("garbage, slow clients, endless pipelines", hostile_clients),
        ("not ready while draining", draining),
        ("nginx in front", behind_nginx),
    ]))
