"""The media relay alone, a client of its ng protocol, and RTP parties on sockets: what relay tests share."""
# SPDX-License-Identifier: Apache-2.0
import itertools
import os
import select
import socket
import struct
import time

from support import Failure, Server, free_port


def encode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(map(encode, value)) + b"e"
    return b"d" + b"".join(encode(key) + encode(one) for key, one in value.items()) + b"e"


def decode(data):
    value, rest = _decode(data)
    if rest:
        raise Failure(f"bytes behind a bencode value: {rest[:40]!r}")
    return value


def _decode(data):
    kind = data[:1]
    if kind == b"i":
        digits, rest = data[1:].split(b"e", 1)
        return int(digits), rest
    if kind in (b"l", b"d"):
        items, rest = [], data[1:]
        while not rest.startswith(b"e"):
            item, rest = _decode(rest)
            items.append(item)
        return (items if kind == b"l" else dict(zip(items[::2], items[1::2]))), rest[1:]
    size, rest = data.split(b":", 1)
    return rest[:int(size)].decode(), rest[int(size):]


class Ng:
    """Commands over UDP, from an address of choice."""

    numbers = itertools.count()

    def __init__(self, port, source="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", port))

    def cookie(self):
        return f"{os.getpid()}_{next(Ng.numbers)}".encode()

    def send(self, data):
        self.socket.send(data)

    def receive(self, seconds=5):
        if not select.select([self.socket], [], [], seconds)[0]:
            return None
        return self.socket.recv(65536)

    def command(self, name, seconds=5, **keys):
        """Underscores in keys are hyphens."""
        cookie = self.cookie()
        self.send(cookie + b" " + encode({"command": name, **{key.replace("_", "-"): value for key, value in keys.items()}}))
        reply = self.receive(seconds)
        if reply is None:
            raise Failure(f"no reply to {name}")
        if not reply.startswith(cookie + b" "):
            raise Failure(f"a reply with another cookie: {reply[:80]!r}")
        return decode(reply[len(cookie) + 1:])

    def ok(self, name, **keys):
        reply = self.command(name, **keys)
        if reply.get("result") != "ok":
            raise Failure(f"{name}: {reply}")
        return reply


class Relay(Server):
    """`viaduct` without SIP, its media on loopback."""

    def __init__(self, folder, settings=""):
        super().__init__(folder)
        self.ng_port, self.ng_tcp_port = free_port(), free_port()
        first = 20000 + os.getpid() % 20 * 1000  # tests side by side keep apart; ports others hold are passed over
        self.config.write_text(f"""[server]
sip = false
workers = 1
control = "control.sock"
[module.media_relay]
address = ["127.0.0.1", "::1"]
ports = "{first}-{first + 19999}"
port_rest = "100ms"
threads = 2
ng_listen = ["127.0.0.1:{self.ng_port}"]
ng_listen_tcp = ["127.0.0.1:{self.ng_tcp_port}"]
ng_allow = ["127.0.0.1"]
{settings}
""")

    def stats(self):
        return self.json("media", "stats")

    def is_empty(self):
        stats = self.stats()
        return (stats["calls"], stats["transports"], stats["ports_in_use"]) == (0, 0, 0)


def description(port, address="127.0.0.1", formats="0 101", more=""):
    family = "IP6" if ":" in address else "IP4"
    return (f"v=0\r\no=- 1 1 IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\nm=audio {port} RTP/AVP {formats}\r\n"
            f"a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n{more}")


def address_in(sdp, section=0):
    """(address, port) of a media section."""
    session, *sections = sdp.replace("\r", "").split("\nm=")
    part = sections[section].split("\n")
    line = [one for one in part + session.split("\n") if one.startswith("c=")][0]
    return line.split()[-1], int(part[0].split()[1])


class Party:
    """Sends numbered RTP packets and keeps what comes."""

    def __init__(self, address="127.0.0.1", ssrc=0x1000, payload_type=0):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.address, self.port = self.socket.getsockname()[:2]
        self.ssrc, self.payload_type, self.sequence = ssrc, payload_type, 100
        self.to = None

    def packet(self, fill):
        self.sequence += 1
        head = struct.pack("!BBHII", 0x80, self.payload_type, self.sequence & 0xffff, self.sequence * 160 & 0xffffffff, self.ssrc)
        return head + fill * 160

    def send(self, fill, to=None):
        data = self.packet(fill)
        self.socket.sendto(data, to or self.to)
        return data

    def receive(self, seconds=2):
        if not select.select([self.socket], [], [], seconds)[0]:
            return None, None
        data, source = self.socket.recvfrom(65536)
        return data, source[:2]

    def gets(self, data, seconds=2):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            got, source = self.receive(end - time.monotonic())
            if got == data:
                return source
        raise Failure(f"the packet did not come to port {self.port}")

    def hears_nothing(self, seconds=0.3):
        got, _ = self.receive(seconds)
        if got is not None:
            raise Failure(f"a packet of {len(got)} bytes came that should not")


def connect(ng, call_id, a, b, offer=None, answer=None):
    """A call between two phones; each knows where to send afterwards."""
    to_b = ng.ok("offer", call_id=call_id, from_tag="a", sdp=description(a.port, a.address), **(offer or {}))["sdp"]
    to_a = ng.ok("answer", call_id=call_id, from_tag="a", to_tag="b", sdp=description(b.port, b.address), **(answer or {}))["sdp"]
    b.to, a.to = address_in(to_b), address_in(to_a)
    return to_b, to_a
