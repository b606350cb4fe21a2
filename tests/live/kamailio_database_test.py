#!/usr/bin/env python3
"""One database, two servers: made and filled by Kamailio's own tools, served by Viaduct, read back by a real Kamailio, and the other way round."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import json
import subprocess
import sys

from kamailio_database import KamailioDatabase, KamailioRegistrar
from mariadb import MariaDb
from sip_client import Client
from support import BUILD, DOMAIN, Baresip, Failure, Server, run_tests, wait_until

REGISTRAR = """
local auth, registrar = require "viaduct.auth", require "viaduct.registrar"

function on_request(req)
  if req.follows_route then return req:relay() end
  local user, challenge = auth.verify(req)
  if not user then return challenge end
  auth.consume(req)
  if req.method == "REGISTER" then return registrar.save(req, user) end
  return req:relay(registrar.lookup(req.uri))
end
"""


def expect(text, *words):
    for word in words:
        if str(word) not in text:
            raise Failure(f"'{word}' is not in: {text}")


def as_kamctl_reads_it(kamailio, *arguments):
    """viactl with nothing but Kamailio's file to find the database by."""
    result = subprocess.run([BUILD / "bin/viactl", "--kamctlrc", kamailio.rc, "--json", *arguments], capture_output=True, text=True, timeout=30, check=False)
    if result.returncode != 0:
        raise Failure(f"viactl --kamctlrc {' '.join(arguments)} ended with {result.returncode}: {result.stdout}{result.stderr}")
    return json.loads(result.stdout)


def rows_of_kamctl(kamailio):
    """What kamctl wrote is what viactl reads, table by table."""
    kamailio.kamctl("acl", "grant", f"bob@{DOMAIN}", "voicemail")
    kamailio.kamctl("domain", "add", "customer.test")
    kamailio.kamctl("alias_db", "add", f"1000@{DOMAIN}", f"bob@{DOMAIN}")
    kamailio.kamctl("address", "add", "3", "192.0.2.0", "24", "5060", "carrier")
    kamailio.kamctl("dispatcher", "add", "4", "sip:192.0.2.7:5060", "8", "5", "weight=30", "first gateway")
    for arguments, expected in (
            (["acl", "show", "bob"], [{"user": f"bob@{DOMAIN}", "group": "voicemail"}]),
            (["domain", "showdb"], {"source": "database", "domains": ["customer.test"]}),
            (["alias_db", "show", "1000"], [{"alias": f"1000@{DOMAIN}", "of": f"bob@{DOMAIN}"}]),
            (["address", "show"], [{"group": 3, "ip": "192.0.2.0", "mask": 24, "port": 5060, "tag": "carrier"}]),
            (["dispatcher", "show"], [{"id": 1, "set": 4, "destination": "sip:192.0.2.7:5060", "flags": 8, "priority": 5, "attrs": "weight=30",
                                       "description": "first gateway"}])):
        seen = as_kamctl_reads_it(kamailio, *arguments)
        if seen != expected:
            raise Failure(f"viactl {' '.join(arguments)} shows {seen}, kamctl wrote {expected}")


def answered_through(kamailio_server, user):
    """OPTIONS through that Kamailio reach the phone of the user and are answered by it."""
    client = Client(kamailio_server, DOMAIN)
    client.send(client.request("OPTIONS", f"sip:{user}@{DOMAIN}", "alive@test"))
    wait_until(lambda: client.receive(0.05) and "alive@test" in client.answered(200), 5, lambda: f"OPTIONS to {user} saw {client.statuses}")
    client.close()


def one_database(folder):
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(MariaDb(folder / "mariadb"))
        kamailio = KamailioDatabase(folder / "kamailio", database)
        kamailio.create()
        kamailio.kamctl("add", "alice", "secret")
        kamailio.kamctl("add", "bob", "secret")

        script = folder / "registrar.lua"
        script.write_text(REGISTRAR)
        server = Server(folder / "server", script=script, modules=kamailio.module() + "[module.auth]\n[module.registrar]\n")
        before = server.viactl("show", check=False)
        if before.returncode != 4 or "viactl db upgrade" not in before.stderr:
            raise Failure(f"a database without our columns is not told: {before.stderr}")
        server.viactl("db", "upgrade")
        if [one["user"] for one in server.json("show")] != ["alice", "bob"]:
            raise Failure(f"viactl shows {server.json('show')}")
        rows_of_kamctl(kamailio)
        if as_kamctl_reads_it(kamailio, "add", "carol", "secret") != {"added": f"carol@{DOMAIN}"}:
            raise Failure("viactl --kamctlrc does not add a subscriber")
        expect(kamailio.kamctl("show", "carol"), "carol", DOMAIN)

        # Phones registered here are seen there, and reached.
        server.start()
        bob = stack.enter_context(Baresip(folder / "bob", "bob", server)).registered()
        with KamailioRegistrar(kamailio) as other:
            expect(kamailio.kamctl("ul", "show", "bob"), "sip:bob-", f"@127.0.0.1:{bob.port}", "baresip")
            expect(other.kamcmd("ul.lookup", "location", f"bob@{DOMAIN}"), "sip:bob-", f"@127.0.0.1:{bob.port}")
            answered_through(other, "bob")

            # And the other way round: carol, whom viactl added, registers there and is called here.
            carol = stack.enter_context(Baresip(folder / "carol", "carol", other)).registered()
            expect(kamailio.kamctl("ul", "show", "carol"), "sip:carol-", f"@127.0.0.1:{carol.port}")
        server.stop()
        server.start()  # registrations are read at start
        stack.callback(server.stop)
        contacts = {one["aor"]: one["contact"] for one in server.json("ul", "show")["bindings"]}
        expect(contacts.get(f"sip:carol@{DOMAIN}", ""), "sip:carol-", f"@127.0.0.1:{carol.port}")
        bob.dial(f"sip:carol@{DOMAIN}")
        carol.expect("CALL_INCOMING")
        bob.expect("CALL_RINGING")
        carol.answer()
        bob.expect("CALL_ESTABLISHED")
        bob.hang_up()
        carol.expect("CALL_CLOSED")


TESTS = [("a database of Kamailio's, served by both", one_database)]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
