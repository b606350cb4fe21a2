#!/usr/bin/env python3
"""Two real phones (baresip) register and call each other: over UDP and TCP, IPv4 and IPv6, audio verified by tone in both directions."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import sys

from support import DOMAIN, Baresip, Server, run_tests, wait_until

ALICE, BOB = 440, 880  # what each phone's microphone sends, in Hz


@contextlib.contextmanager
def town(folder, transport="udp", address="127.0.0.1", answer="manual"):
    """A server with alice and bob registered."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(Server(folder / "server", address=address))
        for user in ("alice", "bob"):
            server.add_user(user, "secret")
        alice = stack.enter_context(Baresip(folder / "alice", "alice", server, transport=transport, tone=ALICE))
        bob = stack.enter_context(Baresip(folder / "bob", "bob", server, transport=transport, tone=BOB, answer=answer))
        alice.registered()
        bob.registered()
        yield server, alice, bob


def call_with_audio(transport, address):
    def test(folder):
        with town(folder, transport, address) as (server, alice, bob):
            bindings = server.json("ul", "show")["bindings"]
            assert {one["aor"] for one in bindings} == {f"sip:alice@{DOMAIN}", f"sip:bob@{DOMAIN}"}, bindings
            for caller, callee, closes in ((alice, bob, alice), (bob, alice, alice), (alice, bob, bob)):
                caller.forget()
                callee.forget()
                caller.dial(f"sip:{callee.user}@{DOMAIN}")
                callee.expect("CALL_INCOMING")
                caller.expect("CALL_RINGING")
                callee.answer()
                caller.expect("CALL_ESTABLISHED")
                callee.expect("CALL_ESTABLISHED")
                caller.hears(callee.tone)
                callee.hears(caller.tone)
                closes.hang_up()
                (bob if closes is alice else alice).expect("CALL_CLOSED")
    return test


def busy(folder):
    with town(folder) as (_, alice, bob):
        alice.dial(f"sip:bob@{DOMAIN}")
        bob.expect("CALL_INCOMING")
        bob.hang_up()  # declines: 486
        closed = alice.expect("CALL_CLOSED")
        assert "486" in closed["param"] or "Busy" in closed["param"], closed


def no_answer(folder):
    """Nobody answers: the script's ring_for ends the call."""
    with town(folder) as (_, alice, bob):
        alice.dial(f"sip:bob@{DOMAIN}")
        bob.expect("CALL_INCOMING")
        closed = alice.expect("CALL_CLOSED", 90)
        assert any(word in closed["param"] for word in ("408", "480", "487")), closed
        bob.expect("CALL_CLOSED", 5)


def cancel(folder):
    with town(folder) as (_, alice, bob):
        alice.dial(f"sip:bob@{DOMAIN}")
        bob.expect("CALL_INCOMING")
        alice.expect("CALL_RINGING")
        alice.hang_up()
        bob.expect("CALL_CLOSED", 5)


def not_registered(folder):
    with town(folder) as (_, alice, _bob):
        alice.dial(f"sip:carol@{DOMAIN}")
        closed = alice.expect("CALL_CLOSED")
        assert "404" in closed["param"], closed


def wrong_password(folder):
    with Server(folder / "server") as server:
        server.add_user("alice", "right")
        with Baresip(folder / "alice", "alice", server, password="wrong") as alice:
            alice.refused(401)
        assert server.json("ul", "show")["bindings"] == []


def mixed_transports(folder):
    """One phone on TCP, the other on UDP: the proxy stands in both worlds."""
    with Server(folder / "server") as server, contextlib.ExitStack() as stack:
        for user in ("alice", "bob"):
            server.add_user(user, "secret")
        alice = stack.enter_context(Baresip(folder / "alice", "alice", server, transport="tcp", tone=ALICE)).registered()
        bob = stack.enter_context(Baresip(folder / "bob", "bob", server, transport="udp", tone=BOB)).registered()
        for caller, callee in ((alice, bob), (bob, alice)):
            caller.forget()
            callee.forget()
            caller.dial(f"sip:{callee.user}@{DOMAIN}")
            callee.expect("CALL_INCOMING")
            callee.answer()
            caller.expect("CALL_ESTABLISHED")
            caller.hears(callee.tone)
            callee.hears(caller.tone)
            callee.hang_up()
            caller.expect("CALL_CLOSED")


def tcp_phone_disappears(folder):
    """A phone whose connection breaks is no longer registered."""
    with town(folder, "tcp") as (server, _, bob):
        bob.process.kill()
        bob.process.wait()
        wait_until(lambda: len(server.json("ul", "show")["bindings"]) == 1, 5, "bob's binding is still there")


TESTS = [(f"call with audio both ways over {transport}, {name}", call_with_audio(transport, address))
         for transport in ("udp", "tcp") for name, address in (("IPv4", "127.0.0.1"), ("IPv6", "::1"))]
TESTS += [("busy", busy), ("no answer", no_answer), ("cancel", cancel), ("not registered", not_registered), ("wrong password", wrong_password),
          ("TCP phone and UDP phone", mixed_transports), ("TCP phone disappears", tcp_phone_disappears)]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
