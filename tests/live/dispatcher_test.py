#!/usr/bin/env python3
"""Two real phones (baresip) as gateways of a set: one is killed, calls go on through the other; it comes back and has calls again."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import sqlite3
import sys

from support import DOMAIN, Baresip, Failure, Server, run_tests, wait_until

SCRIPT = """
local dialog, dispatcher = require "viaduct.dialog", require "viaduct.dispatcher"

function on_request(req)
  if req.follows_route then return req:relay() end
  dialog.follow(req, req.from.uri.user)
  local answer = 503
  for _, gateway in ipairs(dispatcher.targets(req, 1, { algorithm = "round_robin" })) do
    answer = req:relay(gateway, { answer_within = 1 })
    if answer.is_local then dispatcher.failed(1, gateway) end
    if answer.status ~= 408 and answer.status < 500 then break end
  end
  return answer
end
"""
MODULES = ('[module.db_sqlite]\nfile = "viaduct.db"\ncreate = true\n'
           '[module.dialog]\n[module.dispatcher]\nprobe_interval = "1s"\nprobe_patience = "1s"\nfailures = 2\n')


class Exchange:
    """A server with two gateways in set 1, and alice who calls."""

    def __init__(self, stack, folder):
        script = folder / "trunks.lua"
        script.write_text(SCRIPT)
        self.server = stack.enter_context(Server(folder / "server", script=script, modules=MODULES))
        self.gateways = [Baresip(folder / name, name, self.server, answer="auto", register=False) for name in ("one", "two")]
        for gateway in self.gateways:
            stack.enter_context(gateway)
        self.alice = stack.enter_context(Baresip(folder / "alice", "alice", self.server, register=False))

    def uri(self, number):
        return f"sip:{self.gateways[number].user}@127.0.0.1:{self.gateways[number].port}"

    def states(self):
        return [one["state"] for one in self.server.json("dispatcher", "dump")]

    def become(self, *states, seconds=8):
        wait_until(lambda: self.states() == list(states), seconds,
                   lambda: f"the destinations are {self.server.json('dispatcher', 'dump')}, not {states}")

    def call(self):
        """Alice calls; the number of the gateway that answered."""
        for phone in (*self.gateways, self.alice):
            if phone.process.poll() is None:
                phone.forget()
        self.alice.dial(f"sip:+15551000@{DOMAIN}")
        self.alice.expect("CALL_ESTABLISHED", 8)
        taken = [number for number, gateway in enumerate(self.gateways)
                 if gateway.process.poll() is None and any(event["type"] == "CALL_ESTABLISHED" for event in gateway.seen())]
        if len(taken) != 1:
            taken = [number for number, gateway in enumerate(self.gateways)
                     if gateway.process.poll() is None and any(event["type"].startswith("CALL_") for event in gateway.seen())]
        self.alice.hang_up()
        if len(taken) != 1:
            raise Failure(f"the call was answered by {taken}")
        self.gateways[taken[0]].expect("CALL_CLOSED", 5)
        return taken[0]


def calls_go_on(folder):
    with contextlib.ExitStack() as stack:
        town = Exchange(stack, folder)
        added = [town.server.json("dispatcher", "add", "1", town.uri(number)) for number in (0, 1)]
        town.become("active", "active")
        wait_until(lambda: all(one["status"] == 200 for one in town.server.json("dispatcher", "dump")), 5, "the phones do not answer probes")
        if sorted(town.call() for _ in range(2)) != [0, 1]:
            raise Failure("two calls do not take turns")

        town.gateways[0].process.kill()
        town.gateways[0].process.wait()
        if [town.call() for _ in range(2)] != [1, 1]:
            raise Failure("a call went to the dead gateway")
        town.become("inactive", "active")
        if [town.call() for _ in range(2)] != [1, 1]:
            raise Failure("a call went to the inactive gateway")

        town.gateways[0].stream.close()
        stack.enter_context(town.gateways[0])
        town.become("active", "active")
        if sorted(town.call() for _ in range(2)) != [0, 1]:
            raise Failure("the gateway that is back gets no calls")

        if town.server.json("dispatcher", "set", "disabled", "1", town.uri(1))["state"] != "disabled":
            raise Failure("a gateway is not disabled")
        if [town.call() for _ in range(2)] != [0, 0]:
            raise Failure("a call went to the disabled gateway")
        town.server.viactl("dispatcher", "rm", str(added[0]["id"]))
        if town.states() != ["disabled"]:
            raise Failure(f"a row that was removed is still known, or its neighbour is not as it was: {town.states()}")
        up = {one["labels"]: one["value"] for one in town.server.json("stats", "viaduct_dispatcher_destination_up")}
        if list(up.values()) != [0]:
            raise Failure(f"metrics say {up}")


def rows_of_kamailio(folder):
    """A row as Kamailio's tools write it: flags, priority and attributes mean what they mean there."""
    with contextlib.ExitStack() as stack:
        town = Exchange(stack, folder)
        with sqlite3.connect(town.server.folder / "viaduct.db") as database:
            for number, flags, priority, attributes in ((0, 9, 5, "duid=one;weight=30;ping_from=sip:proxy@example.test"), (1, 4, 0, "")):
                database.execute("INSERT INTO dispatcher (setid, destination, flags, priority, attrs, description) VALUES (?, ?, ?, ?, ?, ?)",
                                 (1, town.uri(number), flags, priority, attributes, "made elsewhere"))
        database.close()
        if town.server.json("dispatcher", "refresh") != {"destinations": 2}:
            raise Failure("the table is not read again")
        town.become("active", "disabled")  # the first began inactive and is probed
        first = town.server.json("dispatcher", "dump")[0]
        if (first["weight"], first["priority"], first["status"]) != (30, 5, 200):
            raise Failure(f"the row is understood as {first}")
        if town.call() != 0:
            raise Failure("the call went to the disabled gateway")


def calls_are_listed(folder):
    """dialog list shows a call of real phones while it is up, and not when one has hung up."""
    with contextlib.ExitStack() as stack:
        town = Exchange(stack, folder)
        server = town.server
        server.viactl("dispatcher", "add", "1", town.uri(0))
        if server.json("dialog", "list") != {"calls": [], "total": 0} or "No calls" not in server.viactl("dialog", "show").stdout:
            raise Failure("there are calls before there is one")
        town.alice.dial(f"sip:+15551000@{DOMAIN}")
        town.alice.expect("CALL_ESTABLISHED", 8)
        call = wait_until(lambda: server.json("dialog", "list")["calls"], 3, "the call is not listed")[0]
        if (call["state"], call["from"], call["to"].split(";")[0], call["profile"]) != ("confirmed", f"sip:alice@{DOMAIN}", f"sip:+15551000@{DOMAIN}", "alice"):
            raise Failure(f"the call is listed as {call}")
        if server.json("dialog", "show", call["call_id"])[0]["call_id"] != call["call_id"]:
            raise Failure("the call is not shown")
        if call["call_id"] not in server.viactl("dialog", "list", "--limit", "5").stdout:
            raise Failure("the table does not show the call")
        town.gateways[0].hang_up()
        town.alice.expect("CALL_CLOSED")
        wait_until(lambda: server.json("dialog", "list")["total"] == 0, 8, "the call is still listed")
        if server.viactl("dialog", "show", call["call_id"], check=False).returncode != 1:
            raise Failure("a call that has ended is shown")


TESTS = [("calls are listed", calls_are_listed), ("a gateway dies, calls go on, it comes back", calls_go_on), ("rows of Kamailio's", rows_of_kamailio)]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
