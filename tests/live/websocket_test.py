#!/usr/bin/env python3
"""SIP over WebSocket on a real server: registration and calls between browsers' sockets, the handshake's script, the end."""
# SPDX-License-Identifier: Apache-2.0
import re
import signal
import socket
import struct
import sys
import time

from http_test import web_server
from support import Baresip, Failure, run_tests, wait_until
from web_client import BINARY, CLOSE, PING, PONG, TEXT, WebSocket

OPEN_SCRIPT = """
local registrar = require "viaduct.registrar"
function on_request(req)
  if req.in_dialog then return req:relay() end
  if req.method == "REGISTER" then return registrar.save(req, req.to.uri.user) end
  return req:relay(registrar.lookup(req.uri))
end
"""


class Browser(WebSocket):
    """A user agent as RFC 7118 section 7 shows it: its Via and Contact are names nobody can resolve."""

    count = 0

    def __init__(self, server, user, **keywords):
        super().__init__(server.web, **keywords)
        self.user = user

    def request(self, method, uri, to=None, extra="", body=""):
        Browser.count += 1
        return (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/WS {self.user}.invalid;branch=z9hG4bK{Browser.count}\r\nMax-Forwards: 70\r\n"
                f"From: <sip:{self.user}@example.test>;tag={self.user}\r\nTo: <{to or uri}>\r\nCall-ID: {self.user}{Browser.count}\r\n"
                f"CSeq: {Browser.count} {method}\r\nContact: <sip:{self.user}@{self.user}.invalid;transport=ws>\r\n{extra}"
                f"Content-Length: {len(body)}\r\n\r\n{body}")

    def register(self):
        self.send(self.request("REGISTER", "sip:example.test", f"sip:{self.user}@example.test"))
        answer = self.receive()
        if not answer.startswith("SIP/2.0 200"):
            raise Failure(f"REGISTER of {self.user} is answered {answer}")

    def expect(self, start):
        message = self.receive()
        while message.startswith("SIP/2.0 100"):
            message = self.receive()
        if not message.startswith(start):
            raise Failure(f"{self.user} received {message} instead of {start}")
        return message

    def answer(self, request, status, reason):
        kept = re.findall(r"^(?:Via|From|To|Call-ID|CSeq|Record-Route):.*$", request, re.MULTILINE)
        head = "\r\n".join(line.rstrip() for line in kept).replace(">\r\nCall-ID", f">;tag={self.user}\r\nCall-ID")
        self.send(f"SIP/2.0 {status} {reason}\r\n{head}\r\nContact: <sip:{self.user}@{self.user}.invalid;transport=ws>\r\nContent-Length: 0\r\n\r\n")


def with_registrar(folder, websocket_keys="", script=OPEN_SCRIPT):
    return web_server(folder, websocket_keys=f'{websocket_keys}\n[module.db_sqlite]\nfile = "viaduct.db"\ncreate = true\n[module.registrar]\n', script=script)


def messages(folder):
    with with_registrar(folder) as server, Browser(server, "alice") as alice, Browser(server, "bob") as bob:
        alice.register()
        bob.register()
        for size in (10, 200, 20000):
            text = "x" * size
            alice.send(alice.request("MESSAGE", "sip:bob@example.test", extra="Content-Type: text/plain\r\n", body=text))
            arrived = bob.expect("MESSAGE sip:bob@bob.invalid")
            if not arrived.endswith(text):
                raise Failure(f"another text arrived: {arrived[-100:]}")
            bob.answer(arrived, 200, "OK")
            alice.expect("SIP/2.0 200")


def pieces(folder):
    with with_registrar(folder) as server, Browser(server, "alice") as alice, Browser(server, "bob") as bob:
        bob.register()
        alice.register()
        message = alice.request("MESSAGE", "sip:bob@example.test").encode()
        alice.send_frame(message[:7], BINARY, final=False)
        alice.send_frame(b"are you there", PING)
        for at in range(7, len(message) - 1):
            alice.send_frame(message[at:at + 1], 0, final=False)
        alice.send_frame(message[-1:], 0)
        if alice.receive_frame() != (PONG, b"are you there"):
            raise Failure("no pong between fragments")
        arrived = bob.expect("MESSAGE")
        bob.answer(arrived, 200, "OK")
        opcode, payload = alice.receive_frame()
        if opcode != BINARY or not payload.startswith(b"SIP/2.0 200"):
            raise Failure(f"{payload} came as {opcode}, not in the kind alice uses")


def keep_alive(folder):
    with with_registrar(folder, 'ping_interval = "1s"\nidle_timeout = "3s"') as server:
        with Browser(server, "alice") as alice:
            alice.send_frame(b"\r\n\r\n")
            opcode, payload = alice.receive_frame()
            if (opcode, payload) != (TEXT, b"\r\n"):
                raise Failure(f"a double CRLF is answered {opcode} {payload}")
            for _ in range(3):
                if alice.receive_frame(3)[0] != PING:
                    raise Failure("a silent client is not pinged")
                alice.send_frame(b"", PONG)
            alice.receive_frame(3)
            alice.expect_close(1001, 5)  # the last ping stays without answer
        wait_until(lambda: server.counter("viaduct_websocket_closed_total") == 1, 5, "the idle connection is not counted")


def faults(folder):
    with with_registrar(folder) as server:
        for frame, code in (((b"unmasked", TEXT, True, False), 1002), ((b"x", 3), 1002), ((b"\xff", TEXT), 1007),
                            ((b'{"no":"sip"}', TEXT), 1003), ((b"A" * 70000, TEXT), 1009)):
            with WebSocket(server.web) as client:
                try:
                    client.send_frame(*frame)
                except OSError:
                    pass  # ended before it was all sent
                client.expect_close(code)
        with WebSocket(server.web) as client:
            client.send_frame(b"\x03\xe8bye", CLOSE)
            client.expect_close(1000)
        for refused, keywords in ((400, {"protocol": None}), (400, {"protocol": "chat"}), (426, {"version": "8"})):
            if WebSocket(server.web, **keywords).refused != refused:
                raise Failure(f"{keywords} is not refused with {refused}")


def script_decides(folder):
    script = """
        local timer, log = require "viaduct.timer", require "viaduct.log"
        function on_handshake(handshake)
          if handshake.path == "/wait" then timer.sleep(0.3) return true end
          if handshake.path == "/fail" then return handshake.no.such end
          if handshake.query == "token=good" then return end
          return handshake.path == "/quota" and 429 or false
        end
        function on_request(req) return 200 end
        """
    with with_registrar(folder, 'origins = ["https://*.example.test"]', script) as server:
        for path, status in (("/ws?token=good", None), ("/wait", None), ("/ws", 403), ("/quota", 429), ("/fail", 500)):
            if WebSocket(server.web, path).refused != status:
                raise Failure(f"{path} is not answered {status}")
        if WebSocket(server.web, "/wait", origin="https://phone.example.test").refused is not None:
            raise Failure("a good origin is refused")
        if WebSocket(server.web, "/wait", origin="https://evil.test").refused != 403:
            raise Failure("a foreign origin is not refused")
        if "web.lua:5" not in server.log.read_text():
            raise Failure(f"the log does not say where the script failed: {server.log_tail()}")
        with socket.create_connection(server.web, 10) as gone:  # a client that leaves while the script waits
            gone.sendall(b"GET /wait HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n")
            time.sleep(0.1)
        time.sleep(0.5)


def caller_leaves(folder):
    """A desk phone stops ringing when the tab is closed, or the browser is killed (RST), whichever worker has the call."""
    body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n"
    with with_registrar(folder) as server, Baresip(folder / "desk", "desk", server) as desk:
        desk.registered()
        for call in range(6):
            with Browser(server, "alice") as alice:
                alice.send(alice.request("INVITE", "sip:desk@example.test", extra="Content-Type: application/sdp\r\n", body=body))
                alice.expect("SIP/2.0 180")
                desk.expect("CALL_INCOMING")
                if call % 2:
                    alice.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            desk.expect("CALL_CLOSED", 2)
        gone = [one["value"] for one in server.json("rpc", "server.stats")["counters"]
                if one["name"] == "viaduct_stack_failures_total" and "caller_gone" in one["labels"]]
        if sum(gone) != 6:
            raise Failure(f"of 6 callers who left {gone} are counted")


def shutdown(folder):
    server = with_registrar(folder)
    with server:
        clients = [WebSocket(server.web) for _ in range(5)]
        server.process.send_signal(signal.SIGTERM)
        for client in clients:
            client.expect_close(1001, 20)
        server.process.wait(30)


def many(folder):
    """What an idle WebSocket costs, all layers together."""
    with with_registrar(folder) as server:
        def memory():
            return int(open(f"/proc/{server.process.pid}/statm").read().split()[1]) * 4096
        warm = [WebSocket(server.web) for _ in range(100)]
        before = memory()
        clients = [WebSocket(server.web) for _ in range(800)]
        each = (memory() - before) / len(clients)
        print(f"        {each:.0f} bytes of resident memory for each idle WebSocket", flush=True)
        if each > 8000:
            raise Failure(f"an idle WebSocket costs {each:.0f} bytes")
        if server.counter("viaduct_websocket_handshakes_total") != 900:
            raise Failure("not all are open")
        for client in warm + clients:
            client.stream.close()


if __name__ == "__main__":
    sys.exit(run_tests([
        ("messages between two browsers", messages),
        ("fragments, pings between, binary", pieces),
        ("pings and idle clients", keep_alive),
        ("faults and their close codes", faults),
        ("on_handshake decides", script_decides),
        ("a caller who leaves stops the ringing", caller_leaves),
        ("Close when the server stops", shutdown),
        ("many idle clients", many),
    ]))
