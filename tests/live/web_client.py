"""HTTP and WebSocket clients of the live tests, from the standard library: every byte they send is the test's."""
# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import os
import socket
import struct
import time

from support import Failure

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def http(address, request, seconds=10):
    """Sends these bytes and reads until the server has answered and closed, or one whole answer is there: (status, fields, body)."""
    with socket.create_connection(address, seconds) as stream:
        stream.sendall(request if isinstance(request, bytes) else request.encode())
        return read_response(stream)


def get(address, path, fields=""):
    return http(address, f"GET {path} HTTP/1.1\r\nHost: phone.example.test\r\n{fields}\r\n")


def read_response(stream):
    data = b""
    while b"\r\n\r\n" not in data:
        part = stream.recv(65536)
        if not part:
            raise Failure(f"the connection ended within a head: {data!r}")
        data += part
    head, body = data.split(b"\r\n\r\n", 1)
    lines = head.decode().split("\r\n")
    fields = dict((name.lower(), value.strip()) for name, value in (line.split(":", 1) for line in lines[1:]))
    while len(body) < int(fields.get("content-length", 0)):
        part = stream.recv(65536)
        if not part:
            raise Failure(f"the connection ended after {len(body)} of {fields['content-length']} bytes")
        body += part
    return int(lines[0].split()[1]), fields, body



class WebSocket:
    """A client of RFC 6455 that offers subprotocol sip. `refused` is the status of a handshake that failed."""

    def __init__(self, address, path="/ws", origin=None, fields="", protocol="sip", version="13", wrap=None):
        self.stream = socket.create_connection(address, 10)
        if wrap:
            self.stream = wrap(self.stream)
        self.buffer = b""
        key = base64.b64encode(os.urandom(16)).decode()
        request = (f"GET {path} HTTP/1.1\r\nHost: phone.example.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: {version}\r\n")
        request += f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
        request += f"Origin: {origin}\r\n" if origin else ""
        self.stream.sendall((request + fields + "\r\n").encode())
        while b"\r\n\r\n" not in self.buffer:
            self._fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        status = int(lines[0].split()[1])
        self.fields = dict((name.lower(), value.strip()) for name, value in (line.split(":", 1) for line in lines[1:]))
        self.refused = None if status == 101 else status
        if self.refused:
            self.stream.close()
            return
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        if self.fields.get("sec-websocket-accept") != accept or self.fields.get("sec-websocket-protocol") != "sip":
            raise Failure(f"the handshake was answered with {self.fields}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()

    def _fill(self):
        part = self.stream.recv(65536)
        if not part:
            raise ConnectionResetError(f"the server ended the connection; unread: {self.buffer!r}")
        self.buffer += part

    def send_frame(self, payload=b"", opcode=TEXT, final=True, masked=True):
        payload = payload.encode() if isinstance(payload, str) else payload
        length = len(payload)
        size = bytes([length]) if length < 126 else b"\x7e" + struct.pack(">H", length) if length < 65536 else b"\x7f" + struct.pack(">Q", length)
        frame = bytes([(0x80 if final else 0) | opcode, size[0] | (0x80 if masked else 0)]) + size[1:]
        if masked:
            mask = os.urandom(4)
            payload = mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(payload))
        self.stream.sendall(frame + payload)

    def send(self, message):
        self.send_frame(message)

    def receive_frame(self, seconds=10):
        """(opcode, payload) of the next frame."""
        self.stream.settimeout(seconds)
        while True:
            if len(self.buffer) >= 2:
                length, at = self.buffer[1] & 0x7F, 2
                if self.buffer[1] & 0x80 or not self.buffer[0] & 0x80:
                    raise Failure(f"a server's frame is masked or in pieces: {self.buffer[:16]!r}")
                if length == 126:
                    length, at = int.from_bytes(self.buffer[2:4], "big"), 4
                elif length == 127:
                    length, at = int.from_bytes(self.buffer[2:10], "big"), 10
                if len(self.buffer) >= at + length:
                    opcode, payload = self.buffer[0] & 0x0F, self.buffer[at:at + length]
                    self.buffer = self.buffer[at + length:]
                    return opcode, payload
            self._fill()

    def receive(self, seconds=10):
        """The next SIP message, answering pings on the way."""
        end = time.monotonic() + seconds
        while True:
            opcode, payload = self.receive_frame(max(0.1, end - time.monotonic()))
            if opcode == PING:
                self.send_frame(payload, PONG)
            elif opcode in (TEXT, BINARY):
                return payload.decode()
            elif opcode == CLOSE:
                raise Failure(f"the server closed: {payload!r}")

    def expect_close(self, code, seconds=10):
        opcode, payload = self.receive_frame(seconds)
        if opcode != CLOSE or int.from_bytes(payload[:2], "big") != code:
            raise Failure(f"frame {opcode} {payload!r} instead of a Close with {code}")
        try:
            while True:
                self._fill()
        except OSError:
            pass  # the server ends the connection after its Close (RFC 6455 section 7.1.1)
