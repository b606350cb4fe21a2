"""A SIP phone that does what a test says, message by message, for what real phones do too rarely to be asked for: offers in responses and ACK,
PRACK, UPDATE, early media. Over UDP, with a tone of its own and an ear for others (PCMU). No retransmission: loopback loses nothing.
"""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import math
import re
import select
import socket
import struct
import threading
import time

from support import DOMAIN, Failure, share_of_tone


class SipMessage:
    def __init__(self, start, headers, body=""):
        self.start, self.headers, self.body = start, headers, body
        self.status = int(start.split()[1]) if start.startswith("SIP/2.0 ") else 0
        self.method = start.split()[0] if not self.status else self["CSeq"].split()[1]

    @classmethod
    def parse(cls, data):
        head, _, body = data.decode().partition("\r\n\r\n")
        start, *lines = head.split("\r\n")
        return cls(start, [tuple(part.strip() for part in line.split(":", 1)) for line in lines], body)

    def all(self, name):
        return [value for one, value in self.headers if one.lower() == name.lower()]

    def __getitem__(self, name):
        """The first of that name, or ''."""
        return next(iter(self.all(name)), "")

    def text(self):
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers), f"Content-Length: {len(self.body)}"]
        return "\r\n".join(lines) + "\r\n\r\n" + self.body


def tag_of(header):
    found = re.search(r";tag=([^;\s]+)", header)
    return found.group(1) if found else ""


def uri_in(header):
    return re.search(r"<([^>]+)>", header).group(1)


def route_set(message):
    return [one.strip() for line in message.all("Record-Route") for one in line.split(",")]


def digest(challenge, method, uri, user, password):
    """The value of (Proxy-)Authorization for a challenge (RFC 7616) with qop=auth."""
    said = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    algorithm = said.get("algorithm", "MD5")

    def hashed(text):
        return hashlib.new({"MD5": "md5", "SHA-256": "sha256"}[algorithm], text.encode()).hexdigest()
    secret, what = hashed(f"{user}:{said['realm']}:{password}"), hashed(f"{method}:{uri}")
    response = hashed(f"{secret}:{said['nonce']}:00000001:c:auth:{what}")
    opaque = f', opaque="{said["opaque"]}"' if "opaque" in said else ""
    return (f'Digest username="{user}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{uri}", response="{response}", '
            f'algorithm={algorithm}, cnonce="c", qop=auth, nc=00000001{opaque}')


class Dialog:
    """One call (RFC 3261 section 12), from the side of the phone."""

    def __init__(self, call_id, local, remote, target, routes, cseq):
        self.call_id, self.local, self.remote, self.target, self.routes, self.cseq = call_id, local, remote, target, routes, cseq


class SipPhone:
    count = 0

    def __init__(self, user, server, tone):
        self.user, self.tone, self.server = user, tone, (server.address, server.port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((server.address, 0))
        self.address, self.port = self.socket.getsockname()
        self.seen, self.branches = [], 0
        self.contact = f"<sip:{user}@{self.address}:{self.port}>"
        SipPhone.count += 1
        self.number = SipPhone.count

    def __enter__(self):
        self._authorized(lambda extra: self._send_request("REGISTER", f"sip:{DOMAIN}", f"register-{self.number}", f"<sip:{self.user}@{DOMAIN}>;tag=r",
                                                          f"<sip:{self.user}@{DOMAIN}>", 1 + bool(extra), [("Expires", "600"), *extra]))
        self.expect(200, "REGISTER")
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _authorized(self, send):
        """Sends, and once more with the answer to the challenge."""
        send([])
        challenged = self.expect((401, 407))
        request = self.sent
        if challenged.method == "INVITE":
            self._acknowledge_failure(request, challenged)
        proxy = challenged.status == 407
        challenges = challenged.all("Proxy-Authenticate" if proxy else "WWW-Authenticate")
        challenge = next((one for one in challenges if "SHA-512" not in one), challenges[0])
        answer = digest(challenge, request.method, request.start.split()[1], self.user, "secret")
        send([("Proxy-Authorization" if proxy else "Authorization", answer)])

    def _acknowledge_failure(self, request, response):
        kept = [(name, value) for name, value in request.headers if name in ("Via", "From", "Call-ID", "Max-Forwards")]
        number = request["CSeq"].split()[0]
        self._send(SipMessage(f"ACK {request.start.split()[1]} SIP/2.0", [*kept, ("To", response["To"]), ("CSeq", f"{number} ACK")]))

    def _send(self, message):
        self.socket.sendto(message.text().encode(), self.server)

    def _send_request(self, method, uri, call_id, local, remote, cseq, more=(), body="", content_type="application/sdp"):
        self.branches += 1
        headers = [("Via", f"SIP/2.0/UDP {self.address}:{self.port};rport;branch=z9hG4bK-{self.number}-{self.branches}"), ("Max-Forwards", "70"),
                   ("From", local), ("To", remote), ("Call-ID", call_id), ("CSeq", f"{cseq} {method}"), ("Contact", self.contact), *more]
        if body:
            headers.append(("Content-Type", content_type))
        self.sent = SipMessage(f"{method} {uri} SIP/2.0", headers, body)
        self._send(self.sent)

    def _receive(self, seconds):
        if not select.select([self.socket], [], [], max(seconds, 0))[0]:
            return
        self._take(self.socket.recv(65536))

    def _take(self, data):
        message = SipMessage.parse(data)
        if message.method == "OPTIONS" or message.status == 100:
            return
        if message.text() not in [one.text() for one, _ in self.seen]:  # a retransmission says nothing new
            self.seen.append((message, False))

    def expect(self, what, method=None, seconds=10):
        """The first message not taken yet that is that request (its method) or response (its status, or one of several)."""
        end = time.monotonic() + seconds
        while True:
            for at, (message, taken) in enumerate(self.seen):
                wanted = message.method == what and not message.status if isinstance(what, str) else message.status in (
                    what if isinstance(what, tuple) else (what,)) and method in (None, message.method)
                if wanted and not taken:
                    self.seen[at] = (message, True)
                    return message
            if time.monotonic() > end:
                raise Failure(f"{self.user} saw no {what}, but {[one.start for one, taken in self.seen if not taken]}")
            self._receive(end - time.monotonic())

    def calls(self, user, body="", more=(), content_type="application/sdp"):
        """INVITE; the dialog comes with an answer."""
        self.branches += 1
        self.call_id = f"call-{self.number}-{self.branches}-{self.port}"
        self.local, uri = f"<sip:{self.user}@{DOMAIN}>;tag=t{self.branches}", f"sip:{user}@{DOMAIN}"
        self._authorized(lambda extra: self._send_request("INVITE", uri, self.call_id, self.local, f"<{uri}>", 1 + bool(extra), [*more, *extra], body,
                                                          content_type))

    def dialog_of(self, message):
        """Of a response to our INVITE, or of an INVITE that came."""
        routes = route_set(message)
        number = int(message["CSeq"].split()[0])
        if message.status:
            return Dialog(message["Call-ID"], message["From"], message["To"], uri_in(message["Contact"]), routes[::-1], number)
        return Dialog(message["Call-ID"], f'{message["To"]};tag=u{self.number}', message["From"], uri_in(message["Contact"]), routes, 1000)

    def request(self, dialog, method, body="", more=(), cseq=None):
        if cseq is None:
            dialog.cseq += 1
        self._send_request(method, dialog.target, dialog.call_id, dialog.local, dialog.remote, cseq or dialog.cseq,
                           [*(("Route", one) for one in dialog.routes), *more], body)

    def acknowledge(self, dialog, body=""):
        self.request(dialog, "ACK", body, cseq=dialog.cseq)

    def respond(self, request, status, body="", more=()):
        to = request["To"] if tag_of(request["To"]) else f'{request["To"]};tag=u{self.number}'
        headers = [(name, value) for name, value in request.headers if name in ("Via", "From", "Call-ID", "CSeq", "Record-Route")]
        headers += [("To", to), ("Contact", self.contact), *more]
        if body:
            headers.append(("Content-Type", "application/sdp"))
        self._send(SipMessage(f"SIP/2.0 {status} Reason", headers, body))

    def hangs_up(self, dialog):
        self.request(dialog, "BYE")
        self.expect(200, "BYE")


def ulaw(sample):
    """ITU-T G.711, from 14 significant bits."""
    sign, size = (0x80, -sample) if sample < 0 else (0, sample)
    size = min(size // 4 + 33, 8191)
    segment = size.bit_length() - 6
    return ~(sign | segment << 4 | size >> segment + 1 & 15) & 0xff


def linear(code):
    code = ~code & 0xff
    size = ((code & 15) * 2 + 33 << (code >> 4 & 7)) - 33
    return (-size if code & 0x80 else size) * 4


LINEAR = [linear(code) for code in range(256)]


class Sound:
    """A tone that goes out on RTP, and what comes back. `to` is where it goes to; nothing is sent before."""

    def __init__(self, tone, address="127.0.0.1"):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))
        self.address, self.port = self.socket.getsockname()
        self.wave = bytes(ulaw(int(12000 * math.sin(2 * math.pi * tone * n / 8000))) for n in range(8000))
        self.to, self.stopped, self.heard, self.digits = None, threading.Event(), [], []

    def description(self, version=1, direction="sendrecv"):
        return (f"v=0\r\no=- 7 {version} IN IP4 {self.address}\r\ns=-\r\nc=IN IP4 {self.address}\r\nt=0 0\r\nm=audio {self.port} RTP/AVP 0 101\r\n"
                f"a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na={direction}\r\n")

    def sends_to(self, sdp):
        """Whoever wrote that description: an ordinary phone's, as far as this side can tell."""
        if "RTP/AVP" not in sdp or "ice-" in sdp or "fingerprint" in sdp:
            raise Failure(f"a plain phone cannot use this: {sdp}")
        self.to = (re.search(r"^c=IN IP4 (\S+)", sdp, re.MULTILINE).group(1), int(re.search(r"^m=audio (\d+)", sdp, re.MULTILINE).group(1)))

    def __enter__(self):
        for work in (self._speak, self._listen):
            threading.Thread(target=work, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        time.sleep(0.3)
        self.socket.close()

    def _speak(self):
        number, next_at = 0, time.monotonic()
        while not self.stopped.is_set():
            if self.to:
                start = number * 160 % 8000
                head = struct.pack("!BBHII", 0x80, 0, number & 0xffff, number * 160 & 0xffffffff, self.port)
                self.socket.sendto(head + self.wave[start:start + 160], self.to)
            number += 1
            next_at += 0.02
            time.sleep(max(0, next_at - time.monotonic()))

    def _listen(self):
        while not self.stopped.is_set():
            if not select.select([self.socket], [], [], 0.2)[0]:
                continue
            data = self.socket.recv(2048)
            if data[1] & 0x7f == 0:
                self.heard = (self.heard + [LINEAR[code] for code in data[12:]])[-4000:]
            elif data[1] & 0x7f == 101 and data[12] not in self.digits:
                self.digits.append(data[12])

    def hears(self, frequency, seconds=12):
        """The last half second is mostly that tone; what came before does not count."""
        self.heard = []
        end, share = time.monotonic() + seconds, 0.0
        while time.monotonic() < end:
            time.sleep(0.05)
            share = share_of_tone(self.heard, frequency)
            if share > 0.6:
                return
        raise Failure(f"port {self.port} does not hear {frequency} Hz; its share is {share:.2f} of {len(self.heard)} samples")
