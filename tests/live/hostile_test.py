#!/usr/bin/env python3
"""Bad input on real sockets: whatever strangers send, honest requests are answered in time, and memory and descriptors come back."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import random
import re
import socket
import sys
import threading
import time

from support import DOMAIN, Failure, Server, run_tests, wait_until

SCRIPT = """
local options = require "viaduct.options"
local kept = {}

function on_request(req)
  if req.uri.user == "loop" then while true do end end
  if req.uri.user == "leak" then
    local all = {}
    while true do all[#all + 1] = string.rep("x", 1000000) .. #all end
  end
  if req.uri.user == "hoard" then kept[#kept + 1] = string.rep("x", 1000000) .. #kept; return 200 end
  return options.answer(req) or 404
end
"""
LIMITS = """[limits]
connections_per_address = 300
write_queue = "64k"
first_message_timeout = "2s"
message_timeout = "2s"
write_timeout = "2s"
script_memory = "32M"
script_instructions = 2000000
"""
STRANGER = "127.0.0.2"  # limits count by address, and honest peers come from another
CLOSED = "viaduct_transport_connections_closed_total"
MOST_DELAY = 3.0        # seconds an honest request may wait while strangers do their worst; the machine is shared
MOST_GROWTH = 96 << 20  # bytes: what the script may have on two workers, and a third as much for all else


def memory(server):
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def options(server, number, user="", transport="UDP", extra="", port=0):
    at = f"{user}@{DOMAIN}" if user else f"{server.host}:{server.port}"
    return (f"OPTIONS sip:{at} SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1:{port or 9};rport;branch=z9hG4bK{number}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:alice@{DOMAIN}>;tag=a\r\nTo: <sip:{at}>\r\nCall-ID: {number}\r\nCSeq: 1 OPTIONS\r\n{extra}Content-Length: 0\r\n\r\n").encode()


def ask(server, number, **more):
    """The status of the answer over UDP; None when there is none in 5 s."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(5)
        client.sendto(options(server, number, port=client.getsockname()[1], **more), (server.address, server.port))
        try:
            return int(client.recv(65536).split()[1])
        except TimeoutError:
            return None


def connect(server, source=STRANGER, receive_buffer=None):
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if receive_buffer:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    client.bind((source, 0))
    client.settimeout(10)
    client.connect((server.address, server.port))
    return client


class Honest(threading.Thread):
    """Asks over UDP and over one TCP connection, forty times a second, and notes how long each answer took."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.done, self.delays, self.problem = server, threading.Event(), [], None

    def run(self):
        number = 0
        try:
            with connect(self.server, "127.0.0.1") as stream:
                while not self.done.wait(0.025):
                    number += 1
                    started = time.monotonic()
                    if ask(self.server, f"honest-udp-{number}") != 200:
                        raise Failure("an honest OPTIONS over UDP was not answered 200")
                    stream.sendall(options(self.server, f"honest-tcp-{number}", transport="TCP"))
                    if not stream.recv(65536).startswith(b"SIP/2.0 200"):
                        raise Failure("an honest OPTIONS over TCP was not answered 200")
                    self.delays.append(time.monotonic() - started)
        except (OSError, Failure) as problem:
            self.problem = problem

    def __enter__(self):
        self.start()
        wait_until(lambda: self.delays or self.problem, 5, "honest requests are not answered before the attack")
        return self

    def __exit__(self, kind, *_):
        self.done.set()
        self.join()
        if kind is not None:
            return
        if self.problem or not self.delays:
            raise Failure(f"honest requests: {self.problem}, after {len(self.delays)} that were answered")
        if max(self.delays) > MOST_DELAY:
            raise Failure(f"an honest request waited {max(self.delays):.2f} s")


@contextlib.contextmanager
def attacked(folder):
    """A server with short deadlines and an honest peer. At the end everything the attack took is given back."""
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / "hostile.lua"
    script.write_text(SCRIPT)
    with Server(folder / "server", script=script, modules="[module.options]\n", extra=LIMITS) as server:
        for number in range(50):  # what is made once is made now
            ask(server, f"warm-{number}")
        descriptors_before, memory_before = descriptors(server), memory(server)
        with Honest(server):
            yield server
        wait_until(lambda: descriptors(server) <= descriptors_before, 15,
                   lambda: f"{descriptors(server)} descriptors are open; before the attack {descriptors_before}")
        if memory(server) > memory_before + MOST_GROWTH:
            raise Failure(f"memory grew from {memory_before >> 20} to {memory(server) >> 20} MiB")
        if ask(server, "after") != 200:
            raise Failure("OPTIONS is not answered after the attack")


def reasons(server, name):
    """A counter's value for each reason."""
    return {re.sub(r'.*reason="(\w+)".*', r"\1", one["labels"]): one["value"] for one in server.json("stats", "--all") if one["name"] == name}


def swallow(stream):
    """What the server still says until it closes; b'' when it reset the connection."""
    said = b""
    with contextlib.suppress(ConnectionError):
        while True:
            piece = stream.recv(65536)
            if not piece:
                break
            said += piece
    return said


def garbage(folder):
    """Noise, every truncation and thousands of mutations of a request, over UDP and as the start of TCP connections."""
    dice = random.Random(7)
    with attacked(folder) as server:
        whole = options(server, "garbage", extra="Contact: <sip:a@b>\r\nRoute: <sip:c;lr>\r\n")
        pieces = [dice.randbytes(dice.randrange(1, 1400)) for _ in range(2000)] + [whole[:length] for length in range(len(whole))]
        for _ in range(5000):
            mutation = bytearray(whole)
            for _ in range(dice.randrange(1, 8)):
                mutation[dice.randrange(len(mutation))] = dice.randrange(256)
            pieces.append(bytes(mutation))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind((STRANGER, 0))
            for number, piece in enumerate(pieces):
                client.sendto(piece, (server.address, server.port))
                if number % 50 == 0:
                    time.sleep(0.005)
        for piece in dice.sample(pieces, 400):
            with connect(server) as stream, contextlib.suppress(ConnectionError):
                stream.sendall(piece)
        if server.counter("viaduct_transport_unparseable_total") < 100:
            raise Failure("the garbage is not counted")


def enormous(folder):
    """A request with a million header fields over TCP, and datagrams of 64 KiB: refused at the limit, not collected."""
    with attacked(folder) as server:
        with connect(server) as stream:
            sent = 0
            with contextlib.suppress(ConnectionError):
                stream.sendall(options(server, "million", transport="TCP").removesuffix(b"Content-Length: 0\r\n\r\n"))
                for _ in range(1000):
                    stream.sendall(b"X: yyyy\r\n" * 1000)
                    sent += 1000
                stream.sendall(b"Content-Length: 0\r\n\r\n")
            said = swallow(stream)
        if said and not re.match(rb"SIP/2\.0 (400|413|513)", said):
            raise Failure(f"a request with a million header fields was answered {said[:80]}")
        big = [options(server, "big-header", extra="X: " + "y" * 60000 + "\r\n"), options(server, "big-count", extra="X: y\r\n" * 10000),
               random.Random(3).randbytes(65507), b"\r\n" * 32000, b"INVITE " + b"sip:" * 16000]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.bind((STRANGER, 0))
            for _ in range(100):
                for datagram in big:
                    client.sendto(datagram, (server.address, server.port))
                time.sleep(0.01)
        limits = reasons(server, "viaduct_transport_unparseable_total")
        if limits.get("headers_too_large", 0) < 100 or limits.get("too_many_headers", 0) + limits["headers_too_large"] < 200:
            raise Failure(f"messages beyond the limits are counted as {limits}")


def slow_loris(folder):
    """200 connections that send a byte at a time are dropped at the deadline, also those that began well."""
    with attacked(folder) as server, contextlib.ExitStack() as stack:
        streams = [stack.enter_context(connect(server)) for _ in range(200)]
        for stream in streams[:20]:
            stream.sendall(options(server, f"loris-{stream.fileno()}", transport="TCP"))
            stream.recv(65536)
        for stream in streams:
            stream.setblocking(False)
        message, position, alive, started = options(server, "loris", transport="TCP"), 0, list(streams), time.monotonic()
        while alive and time.monotonic() < started + 15:
            for stream in list(alive):
                try:
                    stream.send(message[position:position + 1])
                    if stream.recv(65536) == b"":
                        alive.remove(stream)
                except BlockingIOError:
                    pass
                except ConnectionError:
                    alive.remove(stream)
            position = min(position + 1, len(message) - 30)
            time.sleep(0.05)
        if alive:
            raise Failure(f"{len(alive)} of 200 slow connections are still open after 15 s")
        closed = reasons(server, CLOSED)
        if closed.get("first_message", 0) < 180 or closed.get("slow_message", 0) < 20:
            raise Failure(f"closed for {closed}")


def connection_flood(folder):
    """More connections than an address may have: refused and counted; others still connect."""
    with attacked(folder) as server, contextlib.ExitStack() as stack:
        streams = []
        for _ in range(600):
            with contextlib.suppress(ConnectionError):
                streams.append(stack.enter_context(connect(server)))
        refused = wait_until(lambda: server.counter("viaduct_transport_connections_refused_total"), 5, "no connection is refused")
        time.sleep(0.2)
        refused = server.counter("viaduct_transport_connections_refused_total")
        if refused < 290:
            raise Failure(f"600 connections from an address that may have 300: only {refused} were refused")
        with connect(server, "127.0.0.3") as other:
            other.sendall(options(server, "other", transport="TCP"))
            if not other.recv(65536).startswith(b"SIP/2.0 200"):
                raise Failure("another address is not served during the flood")


def peer_never_reads(folder):
    """A peer that asks and asks and never reads is dropped when its queue is full."""
    with attacked(folder) as server:
        with connect(server, receive_buffer=4096) as stream:
            question = options(server, "deaf", transport="TCP", extra=f"Via: SIP/2.0/TCP far.example.test;x={'y' * 8000};branch=z9hG4bKfar\r\n")
            started = time.monotonic()
            try:
                while time.monotonic() < started + 20:
                    stream.sendall(question)
                raise Failure("a peer that never reads was served for 20 s")
            except (ConnectionError, TimeoutError):
                pass
        closed = reasons(server, CLOSED)
        if not closed.get("queue_full") and not closed.get("write"):
            raise Failure(f"closed for {closed}")


def faulty_script(folder):
    """A script that loops or takes all memory answers 500, and the next request is served."""
    with attacked(folder) as server:
        for number in range(10):
            for user in ("loop", "leak"):
                status = ask(server, f"{user}-{number}", user=user)
                if status != 500:
                    raise Failure(f"a script that does '{user}' was answered {status}")
        for word in ("hostile.lua:6", "hostile.lua:9"):
            if word not in server.log.read_text():
                raise Failure(f"the log does not name {word}:\n{server.log_tail()}")


def hoarding_script(folder):
    """A script that keeps what it makes is refused more; a reload frees it."""
    with attacked(folder) as server:
        statuses = [ask(server, f"hoard-{number}", user="hoard") for number in range(100)]
        if 500 not in statuses or None in statuses:
            raise Failure(f"100 MB kept in a script that may have 32 on each worker: {statuses}")
        server.viactl("reload")
        if ask(server, "hoard-again", user="hoard") != 200:
            raise Failure("memory is not given back by a reload")


TESTS = [("garbage and truncated messages", garbage), ("enormous messages", enormous), ("slow loris", slow_loris),
         ("connection flood", connection_flood), ("a peer that never reads", peer_never_reads),
         ("a script that loops or leaks", faulty_script), ("a script that hoards", hoarding_script)]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
