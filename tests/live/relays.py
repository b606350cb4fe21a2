"""Media relays that tests can put beside a proxy: RTPEngine as Debian has it, and this project's own when it is built.

Each gives the tables a Viaduct configuration needs, answers the ng protocol where it speaks it, and says how many calls it has.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import json
import os
import pathlib
import socket
import subprocess
import time

from relay_peers import Relay
from support import BUILD, Failure, free_port, wait_until


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        return b"%d:%s" % (len(value.encode()), value.encode())
    if isinstance(value, list):
        return b"l" + b"".join(map(bencode, value)) + b"e"
    return b"d" + b"".join(bencode(key) + bencode(value[key]) for key in sorted(value)) + b"e"


def bdecode(data, at=0):
    """A value and where it ends."""
    kind = data[at:at + 1]
    if kind == b"i":
        end = data.index(b"e", at)
        return int(data[at + 1:end]), end + 1
    if kind in b"ld":
        items, at = [], at + 1
        while data[at:at + 1] != b"e":
            item, at = bdecode(data, at)
            items.append(item)
        return (items if kind == b"l" else dict(zip(items[::2], items[1::2]))), at + 1
    colon = data.index(b":", at)
    end = colon + 1 + int(data[at:colon])
    return data[colon + 1:end].decode("latin-1"), end


class Rtpengine:
    """Debian's RTPEngine in userspace, on loopback addresses, IPv4 and IPv6."""

    name = "rtpengine"
    count = 0

    @staticmethod
    def available():
        return pathlib.Path("/usr/bin/rtpengine").exists()

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.ng_port = free_port()
        self.process = None
        first = 40000 + os.getpid() % 40 * 100 + Rtpengine.count % 5 * 4000  # apart from what runs beside
        self.ports = (first, first + 1998)
        Rtpengine.count += 1

    def tables(self):
        return f'[module.rtpengine]\nping_interval = "1s"\nretry_after = "1s"\n[module.rtpengine.relay.one]\naddress = "127.0.0.1:{self.port}"\n'

    def __enter__(self):
        return self.start()

    def start(self):
        with open(self.folder / "rtpengine.log", "ab") as log:
            self.process = subprocess.Popen(
                ["/usr/bin/rtpengine", "--foreground", "--config-file=none", "--table=-1", "--interface=127.0.0.1", "--interface=::1",
                 f"--listen-ng=127.0.0.1:{self.port}", f"--port-min={self.ports[0]}", f"--port-max={self.ports[1]}", "--log-stderr",
                 "--log-level=6", "--delete-delay=0", "--num-threads=2", f"--pidfile={self.folder}/pid"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self._answers, 15, lambda: f"RTPEngine does not start: {self.log()}")
        return self

    def _answers(self):
        if self.process.poll() is not None:
            raise Failure(f"RTPEngine ended with {self.process.returncode}: {self.log()}")
        with contextlib.suppress(OSError):
            return self.ask(command="ping").get("result") == "pong"
        return False

    def log(self):
        return (self.folder / "rtpengine.log").read_text(errors="replace")[-3000:]

    def ask(self, **message):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.settimeout(1)
            asker.connect(("127.0.0.1", self.port))
            asker.send(f"{os.getpid()}_{time.monotonic_ns()} ".encode() + bencode(message))
            return bdecode(asker.recv(65536).split(b" ", 1)[1])[0]

    def calls(self):
        return self.ask(command="list").get("calls", [])

    def no_calls(self, seconds=10):
        wait_until(lambda: not self.calls(), seconds, lambda: f"the relay still has the calls {self.calls()}")

    def end(self):
        """As a machine that fails: nothing is said to anybody."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __exit__(self, *_):
        self.end()


class OwnRelay:
    """The relay of this project, in the proxy's own process."""

    name = "media_relay"
    addresses = ("127.0.0.1", "::1")

    @staticmethod
    def available():
        return (BUILD / "modules/media_relay.so").exists()

    def __init__(self, folder):
        self.server = None

    def tables(self):
        return f'[module.media_relay]\naddress = {json.dumps(self.addresses)}\n'

    def __enter__(self):
        return self

    def no_calls(self, seconds=10):
        def calls():
            return self.server.json("rpc", "media.list")["calls"]
        wait_until(lambda: not calls(), seconds, lambda: f"the relay still has the calls {calls()}")

    def __exit__(self, *_):
        pass


class OwnRelayAlone(Relay):
    """The same in a process of its own, without SIP, driven by ng."""

    name = "media_relay alone"

    def no_calls(self, seconds=10):
        wait_until(self.is_empty, seconds, lambda: f"the relay still has {self.stats()}")


RELAYS = {one.name: one for one in (OwnRelay, Rtpengine)}


def relays_to_test():
    """Those of $VIADUCT_RELAYS, else all there are. RTPEngine is a package of the tests: it must be there."""
    wanted = os.environ.get("VIADUCT_RELAYS", "").split()
    if wanted:
        return [RELAYS[name] for name in wanted]
    return [one for one in RELAYS.values() if one is Rtpengine or one.available()]
