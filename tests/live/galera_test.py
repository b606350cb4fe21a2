#!/usr/bin/env python3
"""Three nodes on a Galera cluster of three: a database that is killed or split off costs no acknowledged registration and no reachable phone."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import sys
import time

from galera import cluster
from mariadb import create_database
from sip_client import Client
from support import DOMAIN, Baresip, Failure, Server, free_port, run_tests

BOUND = 8  # seconds after which a call to a reachable phone succeeds again, whatever happened to one database
SCRIPT = """
local options, registrar = require "viaduct.options", require "viaduct.registrar"
function on_request(req)
  if req.follows_route or req.follows_path then return req:relay() end
  local answer = options.answer(req)
  if answer then return answer end
  if req.method == "REGISTER" then return registrar.save(req) end
  local contacts = registrar.lookup(req.uri)
  if #contacts == 0 then return 404 end
  return req:relay(contacts)
end
"""


class Node(Server):
    def __init__(self, folder, number, databases):
        own = databases[number]
        hosts = [f"127.0.0.1:{one.port}" for one in [own, *[other for other in databases if other is not own]]]
        internal = free_port()
        home = folder / f"node{number}"
        home.mkdir(parents=True)
        (home / "open.lua").write_text(SCRIPT)
        modules = own.module(hosts) + (f'[module.registrar]\nnode = {number + 1}\nnode_uri = "sip:127.0.0.1:{internal};transport=tcp"\n'
                                       '[module.options]\n')
        super().__init__(home, script=home / "open.lua", modules=modules,
                         extra=f'[[listen]]\ntransport = "tcp"\naddress = "127.0.0.1:{internal}"\n')


def registers(client, names, seconds=20):
    """Repeats what was not accepted, as phones do, until all are."""
    end, cseq = time.monotonic() + seconds, 0
    while left := [name for name in names if 200 not in client.statuses.get(f"{name}@load", [])]:
        if time.monotonic() > end:
            raise Failure(f"{len(left)} of {len(names)} are still refused: {client.statuses.get(f'{left[0]}@load')}")
        cseq += 1
        for name in left:
            client.register(name, cseq)
        client.receive(0.5)
    return set(names)


def users(node):
    return {binding["aor"].split(":")[1].split("@")[0] for binding in node.json("ul", "show")["bindings"]}


def calls_within(caller, callee, seconds):
    """A call succeeds within that time; who is refused tries again, as people do."""
    began = time.monotonic()
    while True:
        caller.forget()
        callee.forget()
        caller.dial(f"sip:{callee.user}@{DOMAIN}")
        with contextlib.suppress(Failure):
            callee.expect("CALL_INCOMING", 3)
            callee.answer()
            caller.expect("CALL_ESTABLISHED", 3)
            caller.hang_up()
            callee.expect("CALL_CLOSED", 3)
            return time.monotonic() - began
        caller.hang_up()
        if time.monotonic() - began > seconds:
            raise Failure(f"no call from {caller.user} to {callee.user} within {seconds} s")


def nodes_and_databases(folder):
    with contextlib.ExitStack() as stack:
        databases = stack.enter_context(cluster(folder))
        nodes = [Node(folder, number, databases) for number in range(3)]
        create_database(nodes[0])
        password = nodes[0].folder / "database.password"
        for node in nodes[1:]:
            (node.folder / "database.password").write_text(password.read_text())
        for node in nodes:
            stack.enter_context(node)
        alice = stack.enter_context(Baresip(folder / "alice", "alice", nodes[0], transport="tcp", tone=440)).registered()
        bob = stack.enter_context(Baresip(folder / "bob", "bob", nodes[1], transport="tcp", tone=700)).registered()
        clients = [stack.enter_context(contextlib.closing(Client(node, DOMAIN))) for node in nodes]
        calls_within(alice, bob, BOUND)

        acknowledged = set()
        for number, client in enumerate(clients):
            acknowledged |= registers(client, [f"first{number}x{n}" for n in range(50)])

        databases[1].kill()
        print(f"        one killed: a call after {calls_within(alice, bob, BOUND):.1f} s")
        for number, client in enumerate(clients):
            acknowledged |= registers(client, [f"killed{number}x{n}" for n in range(50)])
        databases[1].start().joined(3)

        databases[0].isolate(True)
        print(f"        one split off: a call after {calls_within(alice, bob, BOUND):.1f} s")
        for number, client in enumerate(clients):
            acknowledged |= registers(client, [f"split{number}x{n}" for n in range(50)])
        databases[0].isolate(False)
        for database in databases:
            database.joined(3)

        for database in databases:
            rows = {row[0] for row in database.sql("SELECT username FROM location", "viaduct")}
            if acknowledged - rows:
                raise Failure(f"{len(acknowledged - rows)} of {len(acknowledged)} acknowledged registrations are not in {database.folder.name}")
        nodes[2].stop()
        nodes[2].start()
        lost = acknowledged - users(nodes[2])
        if lost:
            raise Failure(f"{len(lost)} of {len(acknowledged)} acknowledged registrations were not read after a restart")
        print(f"        {len(acknowledged)} acknowledged, none lost")


TESTS = [("a database of three is killed, another split off: no acknowledged registration is lost, calls go on", nodes_and_databases)]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
