#!/usr/bin/env python3
"""The server answers while it still reads its bindings, and before its database is there at all: nobody is told less than there is.

LOADING_ROWS=1000000 makes the tables bigger.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import random
import sqlite3
import sys
import time

from durability_test import MODULES as SQLITE_MODULES
from durability_test import loaded
from durability_test import open_server as sqlite_server
from mariadb import MariaDb, create_database
from mariadb_test import open_server, recovers, register
from sip_client import Client
from support import DOMAIN, Failure, run_tests, wait_until

ROWS = int(os.environ.get("LOADING_ROWS", "200000"))
COLUMNS = "ruid, username, domain, contact, expires, q, callid, cseq, last_modified, user_agent"


def fill_sqlite(path, rows, port):
    """That many phones of an earlier process, all at one address."""
    now = int(time.time())
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(f"""WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {rows})
            INSERT INTO location ({COLUMNS})
            SELECT printf('1f1f1f1f1f1f-%x', i), 'u' || i, '{DOMAIN}', 'sip:u' || i || '@127.0.0.1:{port}', {now + 3600}, 1.0, 'old' || i, 1, {now},
                   'Desk Phone 1.2.3' FROM n""")
        database.commit()


def fill_mariadb(database, rows, port, name="viaduct"):
    database.sql(f"""INSERT INTO location ({COLUMNS})
        SELECT concat('1f1f1f1f1f1f-', lower(hex(seq))), concat('u', seq), '{DOMAIN}', concat('sip:u', seq, '@127.0.0.1:{port}'),
               now() + INTERVAL 1 HOUR, 1.0, concat('old', seq), 1, now(), 'Desk Phone 1.2.3' FROM seq_0_to_{rows - 1}""", name)


class Callee(Client):
    """The address where all those phones are: each is busy."""

    def refuse(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                message = self.socket.recv(65536)
                if message.startswith(b"INVITE "):
                    kept = [line for line in message.split(b"\r\n") if line.split(b":")[0] in (b"Via", b"From", b"To", b"Call-ID", b"CSeq")]
                    self.send(b"\r\n".join([b"SIP/2.0 486 Busy Here", *kept, b"Content-Length: 0", b"", b""]))


class Traffic(Client):
    """Calls and registrations of users picked by chance. By the last digit of the number: 0 unregisters, 1 gets a second phone, others are called."""

    def __init__(self, server):
        super().__init__(server, DOMAIN)
        self.dice, self.asked, self.host = random.Random(3), {}, server.host

    def ask(self, call_id, message):
        if call_id not in self.asked:
            self.asked[call_id] = message
            self.send(message)

    def some(self):
        tens = self.dice.randrange(ROWS // 10)
        number = len(self.asked)
        self.ask(f"u{10 * tens + self.dice.randrange(2, 10)}@call{number}",
                 self.request("INVITE", f"sip:u{10 * tens + self.dice.randrange(2, 10)}@{DOMAIN}", f"caller@call{number}"))
        for user, kind in ((f"n{number}", "new"), (f"u{10 * tens + 1}", "second")):
            self.ask(f"{user}@{kind}", self.request("REGISTER", f"sip:{DOMAIN}", f"{user}@{kind}", extra="Expires: 3600\r\n"))
        gone = f"u{10 * tens}"
        self.ask(f"{gone}@end", self.request("REGISTER", f"sip:{DOMAIN}", f"{gone}@end", extra="Expires: 0\r\n").replace(
            f"Contact: <sip:{gone}@{self.server[0]}:{self.port}>".encode(), b"Contact: *"))

    def users(self, kind):
        return [call_id.split("@")[0] for call_id in self.asked if call_id.endswith("@" + kind)]

    def contacts_of(self, user):
        """How many the server tells of him (RFC 3261 section 10.2.3)."""
        call_id = f"{user}@ask{self.branches}"
        query = self.request("REGISTER", f"sip:{DOMAIN}", call_id)
        query = query.replace(f"Contact: <sip:{user}@{self.server[0]}:{self.port}>\r\n".encode(), b"")
        for _ in range(5):
            self.send(query)
            while self.selector.select(1.0):
                message = self.socket.recv(65536)
                if call_id.encode() in message and message.startswith(b"SIP/2.0 200"):
                    return message.count(b"<sip:" + user.encode() + b"@127.0.0.1:")  # From and To have the domain
        raise Failure(f"what is registered for {user} is not told")


def during_load(server, callee):
    """Calls, new, further and ended registrations while the table is read; then all must be as these said."""
    server.start(wait=False)
    with contextlib.closing(Traffic(server)) as traffic:
        options = traffic.request("OPTIONS", f"sip:{server.host}:{server.port}", "up@load")
        wait_until(lambda: traffic.send(options) or traffic.receive(0.02) and traffic.answered(200), 15, lambda: f"no answer: {server.log_tail()}")
        first = server.json("rpc", "registrar.load")
        if first["done"]:
            raise Failure(f"the load was over before the test began: {first}; give LOADING_ROWS")
        wait_until(lambda: serve_some(traffic, callee) or server.json("rpc", "registrar.load")["done"], 180, "the load does not end")
        state = loaded(server)
        wait_until(lambda: all_answered(traffic, callee), 30, lambda: f"unanswered: {unanswered(traffic)[:5]}")
        wrong = {call_id: seen for call_id, seen in traffic.statuses.items() if set(seen) - {100, 200, 486}}
        if wrong:
            raise Failure(f"{len(wrong)} wrong answers, e.g. {sorted(wrong.items())[:3]}; {server.log_tail()}")
        check_bindings(server, traffic)
        if "bindings are in memory after" not in server.log.read_text():
            raise Failure(f"no line about the end of the load: {server.log_tail()}")
        print(f"        {state['rows']} rows in {state['seconds']:.1f} s; meanwhile {len(traffic.asked)} requests: {len(traffic.users('new'))} new, "
              f"{len(traffic.users('second'))} further, {len(traffic.users('end'))} ended registrations, the rest calls")


def serve_some(traffic, callee):
    for _ in range(20):
        traffic.some()
        traffic.receive(0.003)
        callee.refuse()


def final_call_id(call_id):
    """Calls are all made by "caller"."""
    return f"caller@{call_id.split('@')[1]}" if "@call" in call_id else call_id


def unanswered(traffic):
    return [call_id for call_id in traffic.asked if not [status for status in traffic.statuses.get(final_call_id(call_id), []) if status >= 200]]


def all_answered(traffic, callee):
    """What got lost is sent once more, as a phone does (RFC 3261 section 17.1)."""
    end = time.monotonic() + 1
    while time.monotonic() < end and unanswered(traffic):
        callee.refuse()
        traffic.receive(0.02)
    for call_id in unanswered(traffic):
        traffic.send(traffic.asked[call_id])
    return not unanswered(traffic)


def check_bindings(server, traffic):
    expected = ROWS + len(traffic.users("new")) + len(traffic.users("second")) - len(traffic.users("end"))
    found = server.json("rpc", "registrar.count")["bindings"]
    if found != expected:
        raise Failure(f"{found} bindings are in memory, not {expected}")
    for kind, wanted in (("new", 1), ("second", 2), ("end", 0)):
        users = traffic.users(kind)[:300]
        wrong = [(user, count) for user in users if (count := traffic.contacts_of(user)) != wanted]
        if wrong:
            raise Failure(f"{len(wrong)} of {len(users)} users ({kind}) have not {wanted} contacts, e.g. {wrong[:3]}")


def sqlite_load(folder):
    """A big table in SQLite, calls and registrations during the load; the same again after kill -9."""
    server = sqlite_server(folder / "server", modules=SQLITE_MODULES)
    with server:
        pass
    with contextlib.closing(Callee(server, DOMAIN)) as callee:
        fill_sqlite(folder / "server/viaduct.db", ROWS, callee.port)
        during_load(server, callee)
        before = server.json("rpc", "registrar.count")["bindings"]
        server.kill()
        server.start()
        loaded(server, 120)
        after = server.json("rpc", "registrar.count")["bindings"]
        if before != after:
            raise Failure(f"{before} bindings before kill -9, {after} after")
        server.stop()


def mariadb_load(folder):
    """The same with MariaDB."""
    with MariaDb(folder / "db", ["--innodb-buffer-pool-size=256M"]) as database:
        server = open_server(folder / "server", database)
        create_database(server)
        with contextlib.closing(Callee(server, DOMAIN)) as callee:
            fill_mariadb(database, ROWS, callee.port)
            during_load(server, callee)
            server.stop()


def before_its_database(folder):
    """Viaduct starts first: it answers, 503 with Retry-After to what needs the database; MariaDB comes, and all is there."""
    database = MariaDb(folder / "db")
    with database:
        server = open_server(folder / "server", database)
        create_database(server)
        with server, contextlib.closing(Client(server, DOMAIN)) as client:
            register(client, "before")
        database.stop()
        server.start()
        try:
            with contextlib.closing(Client(server, DOMAIN)) as client:
                check_without_database(server, client)
                database.start()
                took = recovers(client, "after")
                loaded(server)
                bound = {one["aor"] for one in server.json("ul", "show")["bindings"]}
                if f"sip:before@{DOMAIN}" not in bound:
                    raise Failure(f"what was registered before is not there: {bound}")
                print(f"        accepted {took:.1f} s after MariaDB began to answer")
        finally:
            server.stop()


def check_without_database(server, client):
    client.send(client.request("OPTIONS", f"sip:{server.host}:{server.port}", "alive@load"))
    wait_until(lambda: client.receive(0.05) and "alive@load" in client.answered(200), 3, "OPTIONS is not answered")
    register(client, "early", (503,), 4)
    client.send(client.request("INVITE", f"sip:before@{DOMAIN}", "call@load"))
    wait_until(lambda: client.receive(0.05) or client.statuses.get("call@load"), 4, "the call has no answer")
    wait_until(lambda: client.receive(0.05) or {503} <= set(client.statuses.get("call@load", [])), 4,
               lambda: f"the call saw {client.statuses.get('call@load')}, not 503")
    if server.json("rpc", "registrar.load")["done"]:
        raise Failure("the load is said to be done")
    if "starts without it" not in server.log_tail():
        raise Failure(f"no word of the missing database: {server.log_tail()}")


def late_schema(folder):
    """A database that comes later and lacks a schema change is named in the log, and used when it was mended."""
    database = MariaDb(folder / "db")
    with database:
        server = open_server(folder / "server", database)
        create_database(server)
        database.sql("DELETE FROM schema_migrations WHERE number >= 4; DROP TABLE location", "viaduct")
        database.stop()
        server.start()
        try:
            database.start()
            wait_until(lambda: "0004_location.sql" in server.log_tail(), 15, lambda: f"the missing change is not named: {server.log_tail()}")
            with contextlib.closing(Client(server, DOMAIN)) as client:
                register(client, "early", (503,), 4)
                server.viactl("db", "upgrade")
                recovers(client, "after")
        finally:
            server.stop()


TESTS = [("calls and registrations while SQLite is loaded", sqlite_load), ("the same with MariaDB", mariadb_load),
         ("started before its database", before_its_database), ("a late database without a schema change", late_schema)]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
