#!/usr/bin/env python3
"""Users and registrations in a real MariaDB: made, served, restarted, stopped, killed, cut off, filled up, failed over, saved and brought back.

MARIADB_KILLS=100 makes the last test longer.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import pathlib
import random
import stat
import subprocess
import sys
import time

from certificates import Authority
from durability_test import OPEN_SCRIPT, bound_users, load
from mariadb import MariaDb, Wire, create_database
from sip_client import Client
from support import BUILD, DOMAIN, Baresip, Failure, Server, run_tests, wait_until

KAMAILIO_SQL = pathlib.Path("/usr/share/kamailio/mysql")
MODULES = "[module.registrar]\nretry_after = \"7s\"\n[module.options]\n"


def open_server(folder, database, hosts=None, extra="", modules=MODULES, **more):
    """A server whose script asks nobody for a password, with its database made."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "open.lua"
    path.write_text(OPEN_SCRIPT)
    return Server(folder, script=path, modules=database.module(hosts, extra) + modules, **more)


def register(client, user, statuses=(200,), seconds=5.0):
    """Sends a REGISTER and waits for one of these; returns (status, seconds it took)."""
    client.statuses.pop(f"{user}@load", None)
    began = time.monotonic()
    client.register(user)
    seen = wait_until(lambda: client.receive(0.01) and [s for s in client.statuses.get(f"{user}@load", []) if s in statuses], seconds,
                      lambda: f"{user} saw {client.statuses.get(f'{user}@load')} instead of {statuses}")
    return seen[0], time.monotonic() - began


def recovers(client, name, seconds=15):
    """Registrations are accepted again by themselves within that time; returns how long it took."""
    began, number = time.monotonic(), 0

    def accepted():
        nonlocal number
        number += 1
        client.register(f"{name}{number}")
        client.receive(0.1)
        return any(call_id.startswith(name) for call_id in client.answered(200))
    wait_until(accepted, seconds, lambda: f"still refused: {list(client.statuses.items())[-3:]}")
    return time.monotonic() - began


class Phone(Client):
    """Is registered as "before", and busy."""

    def refuse_call(self):
        with contextlib.suppress(BlockingIOError):
            message = self.socket.recv(65536)
            if message.startswith(b"INVITE "):
                kept = [line for line in message.split(b"\r\n") if line.split(b":")[0] in (b"Via", b"From", b"To", b"Call-ID", b"CSeq")]
                self.send(b"\r\n".join([b"SIP/2.0 486 Busy Here", *kept, b"Content-Length: 0", b"", b""]))


def still_serves(server, client, phone):
    """What needs no database goes on: a call reaches a phone that is bound, and OPTIONS."""
    invite = client.request("INVITE", f"sip:before@{DOMAIN}", "call@load")
    client.send(invite)
    client.send(client.request("OPTIONS", f"sip:{server.host}:{server.port}", "alive@load"))
    wait_until(lambda: client.receive(0.05) and "alive@load" in client.answered(200), 2, "OPTIONS is not answered")

    def refused():
        phone.refuse_call()
        client.receive(0.01)
        return 486 in client.statuses.get("call@load", [])
    wait_until(refused, 3, lambda: f"the call saw {client.statuses.get('call@load')}")
    client.send(invite.replace(b"INVITE sip", b"ACK sip").replace(b"1 INVITE", b"1 ACK"))


@contextlib.contextmanager
def busy_phone(server):
    with contextlib.closing(Phone(server, DOMAIN)) as phone:
        register(phone, "before")
        yield phone


def acknowledged(client, but=("alive", "call")):
    return {call_id.split("@")[0] for call_id in client.answered(200)} - set(but)


def check_none_lost(server, names):
    lost = names - bound_users(server)
    if lost:
        raise Failure(f"{len(lost)} of {len(names)} acknowledged bindings are lost, e.g. {sorted(lost)[:5]}")


def every_database(folder):
    """What SQLite must do MariaDB must do, too: the module's classes on a real server."""
    with MariaDb(folder / "db") as database:
        result = subprocess.run([BUILD / "bin/mariadb_live_test"], env={**os.environ, "MARIADB_SOCKET": str(database.socket)}, capture_output=True,
                                text=True, timeout=60, check=False)
        if result.returncode != 0:
            raise Failure(f"mariadb_live_test: {result.stdout[-3000:]}{result.stderr[-500:]}")


def register_and_call(folder):
    """`viactl db create`, two phones with passwords, a call; both sides restarted; the rows are Kamailio's."""
    with MariaDb(folder / "db") as database:
        server = Server(folder / "server", modules=database.module() + '[module.auth]\n[module.registrar]\n[module.options]\n'
                        '[module.nat]\nping = "none"\n[module.media]\n')
        said = create_database(server)
        for name in ("database.password", "database.password.read_only"):
            if name not in said or stat.S_IMODE((folder / "server" / name).stat().st_mode) != 0o600:
                raise Failure(f"{name} is not named or not private: {said}")
        with server:
            server.add_user("alice", "secret")
            server.add_user("bob", "secret")
            with Baresip(folder / "alice", "alice", server) as alice, Baresip(folder / "bob", "bob", server, tone=660) as bob:
                alice.registered()
                bob.registered()
                alice.dial(f"sip:bob@{DOMAIN}")
                bob.expect("CALL_INCOMING")
                bob.answer()
                alice.expect("CALL_ESTABLISHED")
                alice.hears(660)
                alice.hang_up()
                rows = database.sql("SELECT username, domain, contact, expires > now(), cseq FROM location ORDER BY username", "viaduct")
                if [row[0:2] for row in rows] != [["alice", DOMAIN], ["bob", DOMAIN]] or any(row[3] != "1" for row in rows):
                    raise Failure(f"the table location holds {rows}")
                server.kill()
                server.start()
                if bound_users(server) != {"alice", "bob"}:
                    raise Failure(f"after kill -9: {bound_users(server)}")
                database.stop()
                database.start()
                wait_until(lambda: server.counter("viaduct_db_mariadb_connections_lost_total") > 0 and
                           server.viactl("passwd", f"bob@{DOMAIN}", "--password-stdin", stdin="other\n", check=False).returncode == 0,
                           10, "the server did not find its database again")


def stopped(folder):
    """SIGSTOP: calls go on, REGISTER is answered 503 with Retry-After within the deadline; SIGCONT: all is well by itself."""
    with MariaDb(folder / "db") as database:
        server = open_server(folder / "server", database)
        create_database(server)
        with server, contextlib.closing(Client(server, DOMAIN)) as client, busy_phone(server) as phone:
            database.pause()
            _, first = register(client, "first", (503,), 4)
            _, second = register(client, "second", (503,), 4)
            still_serves(server, client, phone)
            database.resume()
            back = recovers(client, "after")
            check_none_lost(server, acknowledged(client))
            print(f"        503 after {first:.2f} s and {second:.2f} s, accepted again {back:.1f} s after SIGCONT")


def killed(folder):
    """kill -9 of MariaDB: 503 at once, and registrations are accepted again when it is back."""
    with MariaDb(folder / "db") as database:
        server = open_server(folder / "server", database)
        create_database(server)
        with server, contextlib.closing(Client(server, DOMAIN)) as client, busy_phone(server) as phone:
            database.kill()
            register(client, "first", (503,), 4)
            wait_until(lambda: register(client, "second", (503,), 4)[1] < 0.2, 5, "503 takes long though nobody listens there")
            still_serves(server, client, phone)
            database.start()
            recovers(client, "after")
            check_none_lost(server, acknowledged(client))


def cut_off(folder):
    """The network swallows everything: 503 within the deadline, calls go on; mended: new connections by themselves."""
    with MariaDb(folder / "db") as database, Wire(database.port) as wire:
        server = open_server(folder / "server", database, [f"127.0.0.1:{wire.port}"])
        create_database(server)
        with server, contextlib.closing(Client(server, DOMAIN)) as client, busy_phone(server) as phone:
            wire.cut()
            for name in ("first", "second"):
                register(client, name, (503,), 4)
            still_serves(server, client, phone)
            wire.mend()
            recovers(client, "after")
            check_none_lost(server, acknowledged(client))


def full_disk(folder):
    """No room for MariaDB's files: 503, nothing acknowledged is lost, and it recovers."""
    small = folder / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=160m", "none", small], capture_output=True, check=False).returncode != 0:
        raise Failure("a tmpfs could not be mounted: run as root")
    try:
        with MariaDb(folder / "db", ["--innodb-data-file-path=ibdata1:12M:autoextend"], data=small / "data") as database:
            server = open_server(folder / "server", database)
            create_database(server)
            with server, contextlib.closing(Client(server, DOMAIN)) as client, busy_phone(server) as phone:
                filler = small / "filler"
                with open(filler, "wb") as file:
                    with contextlib.suppress(OSError):
                        while True:
                            file.write(b"x" * (1 << 20))
                            file.flush()
                users = (f"full{number}" for number in range(10**9))

                def refused():
                    for _ in load(client, users, rate=3000, seconds=0.5):
                        pass
                    client.receive(0.5)
                    return client.answered(503)
                wait_until(refused, 30, lambda: f"no 503 on a full disk: {list(client.statuses.items())[-3:]}")
                still_serves(server, client, phone)
                filler.unlink()
                recovers(client, "after", 30)
                names = acknowledged(client)
                check_none_lost(server, names)
                server.kill()
                server.start()
                check_none_lost(server, names)
    finally:
        subprocess.run(["umount", "-l", small], check=False)


def failover(folder):
    """The first host dies: the second serves; a host that is no host at all costs nothing but a log line."""
    with MariaDb(folder / "one") as first, MariaDb(folder / "two") as second:
        hosts = [f"127.0.0.1:{first.port}", "no-such-host.invalid", f"127.0.0.1:{second.port}"]
        server = open_server(folder / "server", first, hosts)
        create_database(server)
        other = open_server(folder / "other", second)
        (folder / "other/database.password").write_text((folder / "server/database.password").read_text())
        create_database(other)
        with server, contextlib.closing(Client(server, DOMAIN)) as client:
            register(client, "before")
            first.kill()
            took = recovers(client, "after", 20)
            found = {row[0] for row in second.sql("SELECT username FROM location", "viaduct")}
            if not any(name.startswith("after") for name in found):
                raise Failure(f"the second host has {found}")
            print(f"        registrations accepted by the second host after {took:.1f} s")


def tls(folder):
    """TLS to the server is verified, or there is no connection."""
    authority, stranger = Authority(folder / "pki"), Authority(folder / "other", "stranger")
    certificate, key = authority.issue("db", "IP:127.0.0.1,DNS:localhost", rsa=True)
    with MariaDb(folder / "db", [f"--ssl-cert={certificate}", f"--ssl-key={key}", f"--ssl-ca={authority.file}"]) as database:
        server = open_server(folder / "server", database, extra=f'tls = true\ntls_ca = "{authority.file}"\n')
        create_database(server)
        database.sql("ALTER USER 'viaduct'@'%' REQUIRE SSL")
        with server, contextlib.closing(Client(server, DOMAIN)) as client:
            register(client, "before")
            ciphers = database.sql("SELECT count(*) FROM information_schema.processlist WHERE user = 'viaduct'")
            if int(ciphers[0][0]) < 2:
                raise Failure(f"connections: {ciphers}")
        wrong = open_server(folder / "wrong", database, extra=f'tls = true\ntls_ca = "{stranger.file}"\n')
        (folder / "wrong/database.password").write_text((folder / "server/database.password").read_text())
        wrong.start(wait=False)
        if wrong.process.wait(15) == 0 or "ertificate" not in wrong.log_tail():
            raise Failure(f"a server with a stranger's certificate was believed: {wrong.log_tail()}")
    with MariaDb(folder / "plain") as plain:
        none = open_server(folder / "none", plain, extra=f'tls = true\ntls_ca = "{authority.file}"\n')
        said = none.viactl("db", "create", check=False)
        if said.returncode == 0 or "does not support" not in said.stderr:
            raise Failure(f"a server without TLS was accepted: {said.stdout}{said.stderr}")


def administration(folder):
    """Versions, a schema change that is missing, backup, restore, drop; and a database that Kamailio made."""
    with MariaDb(folder / "db") as database:
        server = open_server(folder / "server", database)
        if "does not exist" not in server.viactl("db", "version").stdout:
            raise Failure(server.viactl("db", "version").stdout)
        server.start(wait=False)
        if server.process.wait(15) == 0 or "viactl db create" not in server.log_tail():
            raise Failure(f"start without a database: {server.log_tail()}")
        create_database(server)
        if server.viactl("db", "create", check=False).returncode == 0:
            raise Failure("a second create was not refused")
        server.add_user("alice", "secret")
        server.viactl("db", "backup", folder / "saved.sql")
        server.viactl("rm", f"alice@{DOMAIN}")
        (folder / "cut.sql").write_bytes((folder / "saved.sql").read_bytes()[:-300])
        for wrong in ("cut.sql", "nothing.sql"):
            if server.viactl("db", "restore", folder / wrong, "--yes", check=False).returncode == 0:
                raise Failure(f"{wrong} was restored")
        if server.viactl("db", "restore", folder / "saved.sql", check=False).returncode == 0:
            raise Failure("restore without --yes")
        server.viactl("db", "restore", folder / "saved.sql", "--yes")
        if "alice" not in server.viactl("show").stdout:
            raise Failure("restore did not bring alice back")
        database.sql("DELETE FROM schema_migrations WHERE number >= 4", "viaduct")
        server.start(wait=False)
        if server.process.wait(15) == 0 or "0004_location.sql" not in server.log_tail():
            raise Failure(f"a missing schema change is not named: {server.log_tail()}")
        server.viactl("db", "upgrade")
        database.sql("INSERT INTO schema_migrations VALUES (9999, '9999_future.sql', 0)", "viaduct")
        if "Applied" in server.viactl("db", "upgrade").stdout:
            raise Failure("a newer schema was touched")
        with server:
            if "newer than" not in server.log_tail():
                raise Failure(f"no warning about a newer schema: {server.log_tail()}")
        if server.viactl("db", "drop", check=False).returncode == 0:
            raise Failure("drop without --yes")
        server.viactl("db", "drop", "--yes")
        left = database.sql("SELECT user FROM mysql.user WHERE user LIKE 'viaduct%'") + database.sql("SHOW DATABASES LIKE 'viaduct%'")
        if left:
            raise Failure(f"drop left {left}")
        made_by_kamailio(folder, database)


def made_by_kamailio(folder, database):
    """Kamailio's own tables with rows of its own: upgraded, kept, served."""
    database.sql("CREATE DATABASE kamailio CHARACTER SET latin1; CREATE USER 'kamailio'@'%' IDENTIFIED BY 'given';"
                 "GRANT ALL ON kamailio.* TO 'kamailio'@'%'")
    for name in ("standard", "auth_db", "usrloc"):
        database.sql((KAMAILIO_SQL / f"{name}-create.sql").read_text(), "kamailio")
    database.sql(f"INSERT INTO subscriber (username, domain, ha1) VALUES ('carol', '{DOMAIN}', 'abc'); INSERT INTO location (ruid, username, domain, "
                 f"contact, expires) VALUES ('uloc-1', 'carol', '{DOMAIN}', 'sip:carol@127.0.0.1:5099', now() + INTERVAL 1 HOUR), ('uloc-2', 'dave', "
                 f"'{DOMAIN}', 'sip:dave@127.0.0.1:5098', from_unixtime(0))", "kamailio")
    server = open_server(folder / "kamailio", database, extra='database = "kamailio"\nuser = "kamailio"\nread_only_user = ""\n')
    (folder / "kamailio/database.password").write_text("given\n")
    if server.viactl("db", "create", check=False).returncode == 0:
        raise Failure("create over Kamailio's tables")
    server.viactl("db", "upgrade")
    with server, contextlib.closing(Client(server, DOMAIN)) as client:
        if bound_users(server) != {"carol", "dave"}:  # expires 0 is Kamailio's "for ever"
            raise Failure(f"of Kamailio's bindings there are {bound_users(server)}")
        register(client, "erin")
        row = database.sql("SELECT timestampdiff(SECOND, now(), expires) FROM location WHERE username = 'erin'", "kamailio")
        if not 3500 < int(row[0][0]) <= 3600:
            raise Failure(f"erin's row expires in {row} s, not in 3600")


def victims(count, dice):
    """Half of the kills are of each, in an order nobody chose; None: both at the same moment."""
    order = ["viaduct", "mariadb"] * (count // 2) + [None]
    dice.shuffle(order)
    return order


def register_until_killed(server, database, victim, users, dice):
    """Load for a moment nobody chose, then kill -9, then back; returns who was acknowledged."""
    killed_now = {"viaduct": [server], "mariadb": [database], None: [database, server]}[victim]
    with contextlib.closing(Client(server, DOMAIN)) as client:
        deadline = time.monotonic() + dice.uniform(0.1, 0.7)
        for _ in load(client, users, rate=600, seconds=15):
            if time.monotonic() > deadline and len(client.answered(200)) > 50:
                break
        for one in killed_now:
            one.kill()
        for one in killed_now:
            one.start()
        client.receive(0.05)
        return acknowledged(client)


def random_kills(folder):
    """Viaduct and MariaDB are killed, at any moment, under load: every acknowledged binding is there in the end."""
    dice = random.Random(5)
    order = victims(int(os.environ.get("MARIADB_KILLS", "20")), dice)
    users = (f"u{number}" for number in range(10**9))
    names = set()
    with MariaDb(folder / "db") as database:
        server = open_server(folder / "server", database)
        create_database(server)
        server.start()
        for victim in order:
            names |= register_until_killed(server, database, victim, users, dice)
        with contextlib.closing(Client(server, DOMAIN)) as client:
            recovers(client, "last")
        server.kill()
        with server:
            check_none_lost(server, names)
    if len(names) < 50 * len(order):
        raise Failure(f"only {len(names)} registrations were acknowledged: too few to say anything")
    print(f"        {len(names)} acknowledged bindings over {order.count('viaduct')} kills of viaduct, {order.count('mariadb')} of mariadbd and "
          f"{order.count(None)} of both, none lost")


TESTS = [("what every database must do", every_database), ("register and call, restart both", register_and_call), ("MariaDB stopped", stopped), ("MariaDB killed", killed), ("cut off", cut_off),
         ("full disk", full_disk), ("failover to a second host", failover), ("TLS to the server", tls), ("administration", administration),
         ("random kills lose nothing", random_kills)]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
