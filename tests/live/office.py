"""Networks of their own for a test: the world, where the test and its servers run, and an office with one wire to it, where a browser can be.

The namespaces belong to processes and go with them. What passes the wire is the test's decision: which addresses the office has, and whether UDP
gets through.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import subprocess
import sys

from support import wait_until
from web_server import build_pages

WORLD, WORLD_IPV6 = "10.77.0.1", "fd77::1"
HOME, HOME_IPV6 = "10.77.0.2", "fd77::2"  # the office's addresses at first
ELSEWHERE = "10.77.0.3"


def in_a_world_of_its_own():
    """Starts the test once more, in a network namespace without a way out. Without being root: as the root of a user namespace."""
    if "VIADUCT_WORLD" in os.environ:
        return
    build_pages()  # npm needs the real network
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    os.execvpe("unshare", ["unshare", *user, "--net", sys.executable, *sys.argv], {**os.environ, "VIADUCT_WORLD": "1"})


def ip(*words, inside=()):
    subprocess.run([*inside, "ip", *words], check=True)


class Office:
    """The wire and what is at its other end. `inside`: the words before a command that is to run there."""

    def __enter__(self):
        ip("link", "set", "lo", "up")
        # Ends when nobody holds its standard input any more, however this process ends.
        self.holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.inside = ("nsenter", f"--net=/proc/{self.holder.pid}/ns/net")
        mine = os.readlink("/proc/self/ns/net")
        wait_until(lambda: os.readlink(f"/proc/{self.holder.pid}/ns/net") != mine, 10, "unshare makes no network namespace")
        ip("link", "add", "office", "type", "veth", "peer", "name", "wire", "netns", str(self.holder.pid))
        ip("address", "add", f"{WORLD}/24", "dev", "office")
        ip("address", "add", f"{WORLD_IPV6}/64", "dev", "office", "nodad")
        ip("link", "set", "office", "up")
        for link in ("lo", "wire"):
            ip("link", "set", link, "up", inside=self.inside)
        self.udp_passes = True
        for family in ("-4", "-6"):  # rules for what comes in must stand before the one for own addresses
            ip(family, "rule", "add", "preference", "10", "lookup", "local")
            ip(family, "rule", "delete", "preference", "0")
        return self

    def __exit__(self, *_):
        self.holder.stdin.close()
        self.holder.wait(10)

    def moves_to(self, *addresses):
        """From now on the office has these addresses and no others."""
        ip("-4", "address", "flush", "dev", "wire", inside=self.inside)
        ip("-6", "address", "flush", "dev", "wire", "scope", "global", inside=self.inside)
        for address in addresses:
            router, length = (WORLD_IPV6, "64") if ":" in address else (WORLD, "24")
            ip("address", "add", f"{address}/{length}", "dev", "wire", *(["nodad"] if ":" in address else []), inside=self.inside)
            ip("route", "replace", "default", "via", router, inside=self.inside)

    @contextlib.contextmanager
    def unplugged(self):
        """Nobody there has a network."""
        ip("link", "set", "wire", "down", inside=self.inside)
        yield
        ip("link", "set", "wire", "up", inside=self.inside)

    def lets_udp_pass(self, passes):
        if passes == self.udp_passes:
            return
        self.udp_passes = passes
        for family in ("-4", "-6"):
            ip(family, "rule", "delete" if passes else "add", "preference", "5", "iif", "office", "ipproto", "udp", "blackhole")
