#!/usr/bin/env python3
"""A day's traffic in small, for a server that takes notes of what runs how often (tools/release).

The shipped script, once with SQLite and once with a private MariaDB: phones register with credentials, somebody asks with OPTIONS, users call each other
over UDP and TCP. VIADUCT_BUILD names the build. Anything that fails fails the whole: notes of errors are no use.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "live"))

from mariadb import MariaDb  # noqa: E402
from support import DOMAIN, Failure, Server, free_port  # noqa: E402

USERS = 400
MODULES = ('[module.auth]\ncache_lifetime = "0s"\n[module.registrar]\n[module.options]\n[module.nat]\nping = "none"\n'
           '[module.media]\n')


def sipp(server, folder, scenario, port, *more):
    return ["sipp", f"127.0.0.1:{server.port}", "-sf", HERE / f"{scenario}.xml", "-i", "127.0.0.1", "-p", port, "-nostdin", "-nd",
            "-key", "domain", DOMAIN, "-trace_err", "-error_file", folder / f"{scenario}.log", *more]


def run(server, folder, scenario, calls, rate, *more):
    """That many calls at that rate; Failure when one fails."""
    command = sipp(server, folder, scenario, free_port(), "-m", calls, "-r", rate, "-timeout", "60s", "-timeout_error", *more)
    done = subprocess.run([str(one) for one in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        log = folder / f"{scenario}.log"
        raise Failure(f"sipp {scenario} ended with {done.returncode}: {done.stderr[-500:]}{log.read_text()[:1000] if log.exists() else ''}")


@contextlib.contextmanager
def phones(server, folder):
    """Everybody's phone, on one port."""
    port = free_port()
    command = sipp(server, folder, "phones", port)
    with subprocess.Popen([str(one) for one in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield port
        finally:
            process.terminate()


def subscribers(server, folder):
    """Subscribers u1, u2, ... in the database, and the file of them that sipp reads."""
    listed = folder / "subscribers.csv"
    listed.write_text("username,password\n" + "".join(f"u{n},pw{n}\n" for n in range(USERS)))
    server.viactl("import", listed)
    known = folder / "users.csv"
    known.write_text("SEQUENTIAL\n" + "".join(f"u{n};[authentication username=u{n} password=pw{n}]\n" for n in range(USERS)))
    return known


def traffic(server, folder):
    known = subscribers(server, folder)
    with phones(server, folder) as port:
        for _ in range(2):
            run(server, folder, "register", 1200, 200, "-inf", known, "-key", "phones", port)
        run(server, folder, "options", 1000, 500)
        run(server, folder, "caller", 600, 100, "-inf", known)
        run(server, folder, "caller", 200, 50, "-inf", known, "-t", "t1")


def with_sqlite(folder):
    with Server(folder, modules='[module.db_sqlite]\nfile = "viaduct.db"\ncreate = true\n' + MODULES) as server:
        traffic(server, folder)


def with_mariadb(folder):
    with MariaDb(folder / "mariadb") as database:
        server = Server(folder, modules=database.module() + MODULES)
        server.viactl("db", "create")
        with server:
            traffic(server, folder)


with tempfile.TemporaryDirectory(prefix="viaduct-training-") as scratch:
    for work in (with_sqlite, with_mariadb):
        place = pathlib.Path(scratch) / work.__name__
        place.mkdir()
        work(place)
