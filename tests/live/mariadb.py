"""A private MariaDB for live tests: its own data folder, unix socket and port, stopped by pid; and a wire to it that can be cut."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import pathlib
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import threading

from support import BUILD, Failure, free_port, stop_process, wait_until

INSTALL = ["mariadb-install-db", "--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
           "--innodb-log-file-size=8M", "--innodb-buffer-pool-size=16M"]
SMALL = ["--innodb-log-file-size=8M", "--innodb-buffer-pool-size=32M", "--innodb-flush-method=fsync", "--performance-schema=OFF",
         "--skip-name-resolve", "--max-connections=100", "--innodb-fast-shutdown=1"]


def as_root():
    return ["--user=root"] if os.geteuid() == 0 else []


class MariaDb:
    """One mariadbd on 127.0.0.1. Use as a context manager; root@localhost needs no password on its socket."""

    template = None  # a data folder made once; making one takes seconds

    def __init__(self, folder, options=(), data=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = pathlib.Path(data or self.folder / "data")
        self.socket = pathlib.Path(tempfile.mkdtemp(prefix="viaduct-sock-")) / "m.sock"  # a socket's path is short
        self.port, self.options, self.process = free_port(), list(options), None
        self.log = self.folder / "mariadb.log"

    def _prepare(self):
        if (self.data / "mysql").exists():
            return
        if MariaDb.template is None:
            MariaDb.template = tempfile.TemporaryDirectory(prefix="viaduct-mariadb-")
            made = subprocess.run([*INSTALL, *as_root(), f"--datadir={MariaDb.template.name}/data"], capture_output=True, text=True, timeout=120,
                                  check=False)
            if made.returncode != 0:
                raise Failure(f"mariadb-install-db failed: {made.stdout[-1000:]}{made.stderr[-1000:]}")
        shutil.copytree(f"{MariaDb.template.name}/data", self.data, dirs_exist_ok=True)

    def account(self):
        return as_root()

    def start(self, wait=True):
        self._prepare()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/mariadbd", "--no-defaults", *self.account(), f"--datadir={self.data}", f"--socket={self.socket}", f"--port={self.port}",
                 "--bind-address=127.0.0.1", *SMALL, *self.options], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            wait_until(self.answers, 120, lambda: f"MariaDB does not start; its log ends:\n{self.log_tail()}")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise Failure(f"MariaDB ended with {self.process.returncode}; its log ends:\n{self.log_tail()}")
        return self.sql("SELECT 1", check=False) is not None

    def sql(self, text, database="", check=True):
        """Rows as lists of texts; None when it failed and need not succeed."""
        result = subprocess.run(["mariadb", "--no-defaults", "-u", "root", "-S", self.socket, "-N", "-B", "-e", text, *([database] if database else [])],
                                capture_output=True, text=True, timeout=60, check=False)
        if result.returncode != 0:
            if check:
                raise Failure(f"{text}: {result.stderr}")
            return None
        return [line.split("\t") for line in result.stdout.splitlines()]

    def pause(self):
        stop_process(self.process)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=30):
        if self.process is None or self.process.poll() is not None:
            return
        self.resume()
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.socket.parent, ignore_errors=True)

    def log_tail(self, lines=15):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else "(none)"

    def module(self, hosts=None, extra=""):
        """The table [module.db_mariadb] of a server that uses this database; `hosts` other than this one for the server itself."""
        listed = ", ".join(f'"{host}"' for host in hosts or [f"127.0.0.1:{self.port}"])
        return (f'[module.db_mariadb]\nhosts = [{listed}]\npassword_file = "database.password"\nadmin_host = "unix:{self.socket}"\n'
                f'read_deadline = "1s"\nwrite_deadline = "2s"\nconnect_timeout = "1s"\nretry_limit = "500ms"\n{extra}')


class Wire:
    """A TCP relay to a port of 127.0.0.1. cut(): bytes go nowhere and nobody is told; mend(): new connections work again."""

    def __init__(self, port):
        self.target, self.is_cut, self.stopping = port, False, False
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.pairs, self.held = {}, []
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def cut(self):
        self.is_cut = True

    def mend(self):
        self.is_cut = False

    def close(self):
        self.stopping = True
        self.thread.join()
        for one in [self.listener, *self.pairs, *self.held]:
            one.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _run(self):
        while not self.stopping:
            watched = [self.listener] + ([] if self.is_cut else list(self.pairs))
            for ready in select.select(watched, [], [], 0.05)[0]:
                if ready is self.listener:
                    self._accept()
                elif ready in self.pairs:
                    self._forward(ready)
            if self.is_cut:  # what was open stays silent for good, as behind a firewall that dropped its state
                self.held += list(self.pairs)
                self.pairs = {}

    def _accept(self):
        one, _ = self.listener.accept()
        if self.is_cut:
            self.held.append(one)
            return
        try:
            other = socket.create_connection(("127.0.0.1", self.target), 1)
        except OSError:
            one.close()
            return
        self.pairs[one], self.pairs[other] = other, one

    def _forward(self, one):
        other = self.pairs[one]
        piece = b""
        with contextlib.suppress(OSError):
            piece = one.recv(65536)
            other.sendall(piece)
        if not piece:
            for end in (one, other):
                del self.pairs[end]
                end.close()


def create_database(server):
    """`viactl db create` for a server that is not started yet."""
    return server.viactl("db", "create").stdout


__all__ = ["BUILD", "MariaDb", "Wire", "create_database"]
