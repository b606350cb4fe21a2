"""A SIP client over UDP for load: sends REGISTERs and INVITEs and remembers what was answered. No retransmission unless asked."""
# SPDX-License-Identifier: Apache-2.0
import re
import selectors
import socket
import time

STATUS = re.compile(rb"^SIP/2\.0 (\d{3})")
CALL_ID = re.compile(rb"^(?:Call-ID|i)\s*:\s*(\S+)", re.IGNORECASE | re.MULTILINE)


class Client:
    """One UDP socket. Keys are Call-IDs: what was sent last under each, and which statuses came back."""

    def __init__(self, server, domain):
        self.server, self.domain = (server.address, server.port), domain
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((server.address, 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.statuses, self.branches = {}, 0
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.socket, selectors.EVENT_READ)

    def close(self):
        self.selector.close()
        self.socket.close()

    def request(self, method, uri, call_id, cseq=1, extra=""):
        self.branches += 1
        user = call_id.split("@")[0]
        return (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {self.server[0]}:{self.port};rport;branch=z9hG4bK{self.port}x{self.branches}\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:{user}@{self.domain}>;tag=f{cseq}\r\nTo: <sip:{user}@{self.domain}>\r\nCall-ID: {call_id}\r\n"
                f"CSeq: {cseq} {method}\r\nContact: <sip:{user}@{self.server[0]}:{self.port}>\r\n{extra}Content-Length: 0\r\n\r\n").encode()

    def register(self, user, cseq=1):
        self.send(self.request("REGISTER", f"sip:{self.domain}", f"{user}@load", cseq, "Expires: 3600\r\n"))

    def send(self, message):
        try:
            self.socket.sendto(message, self.server)
        except (BlockingIOError, ConnectionRefusedError):
            pass  # the server is down, or the socket is full: as if lost

    def receive(self, seconds=0.0):
        """Takes what arrives for that long; returns how many messages."""
        end, taken = time.monotonic() + seconds, 0
        while True:
            left = end - time.monotonic()
            if not self.selector.select(max(0.0, left)):
                return taken
            try:
                while True:
                    message = self.socket.recv(65536)
                    status, call_id = STATUS.match(message), CALL_ID.search(message)
                    if status and call_id:
                        self.statuses.setdefault(call_id.group(1).decode(), []).append(int(status.group(1)))
                        taken += 1
            except (BlockingIOError, ConnectionRefusedError):
                pass
            if left <= 0:
                return taken

    def answered(self, status):
        return {call_id for call_id, seen in self.statuses.items() if status in seen}
