"""A private Redis for live tests: its own folder, port and unix socket, stopped by pid."""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import shutil
import signal
import subprocess
import tempfile

from support import Failure, free_port, wait_until


class Redis:
    """One redis-server on 127.0.0.1 and on a unix socket, without persistence. Use as a context manager.

    `tls`: an Authority; there is a port with TLS, too, whose clients must show a certificate of it.
    """

    def __init__(self, folder, options=(), password=None, tls=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.socket = pathlib.Path(tempfile.mkdtemp(prefix="viaduct-sock-")) / "r.sock"  # a socket's path is short
        self.port, self.options, self.password, self.process = free_port(), list(options), password, None
        self.log = self.folder / "redis.log"
        self.tls_port = free_port() if tls else None
        if tls:
            certificate, key = tls.issue("redis", names="DNS:localhost,IP:127.0.0.1")
            self.options += ["--tls-port", str(self.tls_port), "--tls-cert-file", str(certificate), "--tls-key-file", str(key),
                             "--tls-ca-cert-file", str(tls.file)]

    def start(self):
        protect = ["--requirepass", self.password] if self.password else []
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["/usr/bin/redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--unixsocket", str(self.socket), "--save", "",
                 "--appendonly", "no", "--daemonize", "no", "--dir", str(self.folder), *protect, *self.options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.answers, 60, lambda: f"Redis does not start; its log ends:\n{self.log.read_text(errors='replace')[-1000:]}")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise Failure(f"Redis ended with {self.process.returncode}: {self.log.read_text(errors='replace')[-1000:]}")
        return self.cli("PING", check=False) == "PONG"

    def cli(self, *words, check=True):
        """What redis-cli prints."""
        login = ["--no-auth-warning", "-a", self.password] if self.password else []
        result = subprocess.run(["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), *login, *map(str, words)], capture_output=True, text=True,
                                timeout=60, check=False)
        if check and (result.returncode != 0 or result.stdout.startswith("ERR")):
            raise Failure(f"redis-cli {' '.join(map(str, words))}: {result.stdout}{result.stderr}")
        return result.stdout.strip()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.socket.parent, ignore_errors=True)

    def module(self, extra="", address=None, deadline="5s"):
        """The table [module.redis] of a server that uses it; the deadline is no matter but where a test says so."""
        return f'[module.redis]\naddress = "{address or f"127.0.0.1:{self.port}"}"\nretry_limit = "200ms"\ndeadline = "{deadline}"\n{extra}\n'
