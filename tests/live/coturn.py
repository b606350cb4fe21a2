"""Debian's coturn as a TURN server (RFC 8656) whose clients come over TCP and TLS only."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import pathlib
import socket
import subprocess

from support import DOMAIN, Failure, free_port, wait_until
from web_server import certificate


class Coturn:
    FIRST_PORT, LAST_PORT = 50000, 50999  # of relayed addresses

    def __init__(self, folder, address):
        self.folder, self.address = pathlib.Path(folder), address
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tcp_port, self.tls_port = free_port(host=address), free_port(host=address)
        mine = certificate()
        (self.folder / "turnserver.conf").write_text(f"""listening-ip={address}
listening-port={self.tcp_port}
tls-listening-port={self.tls_port}
relay-ip={address}
min-port={self.FIRST_PORT}
max-port={self.LAST_PORT}
cert={mine.certificate}
pkey={mine.key}
lt-cred-mech
user=office:secret
realm={DOMAIN}
no-udp
no-dtls
no-cli
log-file=stdout
pidfile={self.folder}/pid
userdb={self.folder}/users
""")
        self.process = None

    def ice_server(self, tls):
        url = f"turns:{self.address}:{self.tls_port}?transport=tcp" if tls else f"turn:{self.address}:{self.tcp_port}?transport=tcp"
        return {"urls": url, "username": "office", "credential": "secret"}

    def relays(self, address, port):
        """That is one of the addresses it lends."""
        return address == self.address and self.FIRST_PORT <= port <= self.LAST_PORT

    def log(self):
        return (self.folder / "output.txt").read_text(errors="replace")[-3000:]

    def __enter__(self):
        with open(self.folder / "output.txt", "wb") as output:
            self.process = subprocess.Popen(["turnserver", "-c", self.folder / "turnserver.conf"], stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=output, cwd=self.folder)
        wait_until(self._listens, 10, lambda: f"coturn does not start: {self.log()}")
        return self

    def _listens(self):
        if self.process.poll() is not None:
            raise Failure(f"coturn ended with {self.process.returncode}: {self.log()}")
        with contextlib.suppress(OSError), socket.create_connection((self.address, self.tls_port), 1):
            return True
        return False

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
