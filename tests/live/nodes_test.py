#!/usr/bin/env python3
"""Several nodes that share one database: a phone connected to one is called through another; one that dies takes only its own flows along."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import socket
import ssl
import sys
import time

from certificates import Authority
from sip_phone import SipPhone, Sound
from support import DOMAIN, Baresip, Failure, Server, free_port, run_tests, wait_until
from web_client import WebSocket


class Node(Server):
    """A server with a number and an internal listener; all of a folder share its database.

    `tls`: (authority's file, certificate, key) of the internal listener, whose clients must show a certificate, and of what goes to others'.
    """

    def __init__(self, folder, number, tls=None, **options):
        self.number, self.internal, self.web = number, free_port(), free_port()
        transport, profile = "tls" if tls else "tcp", ""
        if tls:
            authority, certificate, key = tls
            profile = (f'[module.tls]\n[module.tls.profile.nodes]\ndestinations = ["127.0.0.1"]\ncertificate = "{certificate}"\nkey = "{key}"\n'
                       f'authorities = "{authority}"\nclient_certificates = "required"\nclient_authorities = "{authority}"\n')
        modules = (f'[module.db_sqlite]\nfile = "{folder}/shared.db"\ncreate = true\n[module.auth]\n[module.registrar]\nnode = {number}\n'
                   f'node_uri = "sip:127.0.0.1:{self.internal};transport={transport}"\n[module.options]\n'
                   f'[module.nat]\nping = "none"\n[module.media]\n[module.http]\n[module.websocket]\n{profile}')
        super().__init__(folder / str(number), modules=modules, **options,
                         extra=f'[[listen]]\ntransport = "ws"\naddress = "127.0.0.1:{self.web}"\n'
                               f'[[listen]]\ntransport = "{transport}"\naddress = "127.0.0.1:{self.internal}"\n'
                               + ('tls_profile = "nodes"\n' if tls else ""))

    def binding(self, user):
        bindings = self.json("ul", "show", f"{user}@{DOMAIN}")["bindings"]
        if len(bindings) != 1:
            raise Failure(f"{user} has not one binding but {bindings}")
        return bindings[0]


@contextlib.contextmanager
def two_nodes(folder, tls=None):
    with Node(folder, 1, tls and tls(1)) as one, Node(folder, 2, tls and tls(2)) as two:
        for user in ("alice", "bob", "carol"):
            one.add_user(user, "secret")
        yield one, two


def talk(caller, callee):
    caller.forget()
    callee.forget()
    caller.dial(f"sip:{callee.user}@{DOMAIN}")
    callee.expect("CALL_INCOMING")
    callee.answer()
    caller.expect("CALL_ESTABLISHED")
    callee.expect("CALL_ESTABLISHED")
    caller.hears(callee.tone)
    callee.hears(caller.tone)


def calls_cross_nodes(folder):
    with two_nodes(folder) as (one, two), Baresip(folder / "alice", "alice", one, transport="tcp", tone=440) as alice, \
            Baresip(folder / "bob", "bob", two, transport="tcp", tone=700) as bob:
        alice.registered()
        bob.registered()
        talk(alice, bob)
        alice.hang_up()
        bob.expect("CALL_CLOSED")
        talk(bob, alice)
        alice.hang_up()
        bob.expect("CALL_CLOSED")
        if one.binding("bob")["node"] != 2:
            raise Failure(f"the binding of bob names another node: {one.binding('bob')}")


class WebSocketPhone(SipPhone):
    """A page's phone, as far as SIP goes (RFC 7118): it has no address, only its WebSocket leads to it."""

    def __init__(self, user, node):
        super().__init__(user, node, tone=0)
        self.web = WebSocket(("127.0.0.1", node.web))
        self.contact = f"<sip:{user}@{user}.invalid;transport=ws>"

    def __exit__(self, *_):
        super().__exit__()
        self.web.stream.close()

    def _send(self, message):
        self.web.send(message.text().replace(f"SIP/2.0/UDP {self.address}:{self.port};rport", f"SIP/2.0/WS {self.user}.invalid"))

    def _receive(self, seconds):
        with contextlib.suppress(TimeoutError):
            self._take(self.web.receive(max(seconds, 0.01)).encode())


def talk_with_page(caller, page):
    """The page is called and hangs up."""
    caller.forget()
    with Sound(900) as sound:
        caller.dial(f"sip:{page.user}@{DOMAIN}")
        invite = page.expect("INVITE")
        sound.sends_to(invite.body)
        page.respond(invite, 200, sound.description())
        page.expect("ACK")
        caller.expect("CALL_ESTABLISHED")
        caller.hears(900)
        sound.hears(caller.tone)
        page.hangs_up(page.dialog_of(invite))
        caller.expect("CALL_CLOSED")


def failures(server, reason):
    return sum(one["value"] for one in server.json("rpc", "server.stats")["counters"]
               if one["name"] == "viaduct_tls_failures_total" and f'reason="{reason}"' in one["labels"])


def knocks(node, context):
    """What a client of that context gets from the internal listener for its OPTIONS: a status, or nothing."""
    with socket.create_connection(("127.0.0.1", node.internal), 10) as plain, contextlib.suppress(ssl.SSLError, ConnectionError):
        with context.wrap_socket(plain, server_hostname="127.0.0.1") as connection:
            connection.sendall(f"OPTIONS sip:127.0.0.1:{node.internal};transport=tls SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;branch=z9hG4bKknock\r\n"
                               f"Max-Forwards: 70\r\nFrom: <sip:x@{DOMAIN}>;tag=a\r\nTo: <sip:127.0.0.1>\r\nCall-ID: knock\r\nCSeq: 1 OPTIONS\r\n"
                               "Content-Length: 0\r\n\r\n".encode())
            return connection.recv(4096).decode().split(" ")[1:2]
    return []


def calls_cross_nodes_over_tls(folder):
    """Each node shows its certificate to the other; who has none, or a stranger's, gets no answer and reaches nobody."""
    authority, stranger = Authority(folder / "ca"), Authority(folder / "other", "stranger")

    def issued(number, of=authority):
        return (authority.file, *of.issue(f"node{number}", names="IP:127.0.0.1"))

    with two_nodes(folder, issued) as (one, two), Baresip(folder / "alice", "alice", one, transport="tcp", tone=440) as alice, \
            Baresip(folder / "bob", "bob", two, transport="tcp", tone=700) as bob:
        alice.registered()
        bob.registered()
        for caller, callee in ((alice, bob), (bob, alice)):
            for ends, other in ((caller, callee), (callee, caller)):
                talk(caller, callee)
                ends.hang_up()
                other.expect("CALL_CLOSED")
        with WebSocketPhone("carol", two) as page:
            talk_with_page(alice, page)
            talk_with_page(alice, page)
        if one.binding("bob")["node"] != 2:
            raise Failure(f"the binding of bob names another node: {one.binding('bob')}")
        handshakes = {node.number: node.counter("viaduct_tls_handshakes_total") for node in (one, two)}
        if min(handshakes.values()) < 2 or max(handshakes.values()) > 12:
            raise Failure(f"nodes keep a connection in each direction, but there were {handshakes} handshakes")

        context = ssl.create_default_context(cafile=authority.file)
        known = ssl.create_default_context(cafile=authority.file)
        known.load_cert_chain(*issued("monitor")[1:])
        if knocks(one, known) != ["200"]:
            raise Failure("a client with a certificate is not answered")
        if knocks(one, context) or failures(one, "no_certificate") != 1:
            raise Failure(f"a client without a certificate: {failures(one, 'no_certificate')} refused, {one.log_tail()}")

        with Node(folder, 3, issued(3, of=stranger)) as three, Baresip(folder / "carol", "carol", three, transport="tcp", tone=900) as carol:
            carol.registered()
            for caller, callee in ((carol, "bob"), (alice, "carol")):
                caller.forget()
                caller.dial(f"sip:{callee}@{DOMAIN}")
                caller.expect("CALL_CLOSED", 5)
            for node in (one, two):
                wait_until(lambda node=node: failures(node, "untrusted"), 10, lambda: f"a stranger was not refused: {node.log_tail()}")
            wait_until(lambda: "node 3 at" in one.log_tail() and "does not answer" in one.log_tail(), 5, lambda: f"nobody noticed: {one.log_tail()}")
            if any(event["type"] == "CALL_INCOMING" for event in bob.seen()):
                raise Failure("a call of a stranger's node rang")
        talk(alice, bob)
        alice.hang_up()
        bob.expect("CALL_CLOSED")


def a_dead_node_is_passed_over(folder):
    """Its connections are gone, and callers hear so at once; a phone over UDP that registered there is reached all the same."""
    with two_nodes(folder) as (one, two), Baresip(folder / "alice", "alice", one, transport="tcp", tone=440) as alice, \
            Baresip(folder / "bob", "bob", two, transport="tcp", tone=700) as bob, \
            Baresip(folder / "carol", "carol", two, transport="udp", tone=900) as carol:
        for phone in (alice, bob, carol):
            phone.registered()
        talk(alice, bob)
        alice.hang_up()
        bob.expect("CALL_CLOSED")
        two.kill()
        wait_until(lambda: "node 2 at" in one.log_tail() and "does not answer" in one.log_tail(), 5, lambda: f"nobody noticed: {one.log_tail()}")
        at = time.monotonic()
        alice.forget()
        alice.dial(f"sip:bob@{DOMAIN}")
        alice.expect("CALL_CLOSED", 3)
        if time.monotonic() - at > 2:
            raise Failure(f"the caller waited {time.monotonic() - at:.1f} s for a node that is known to be gone")
        talk(alice, carol)
        alice.hang_up()
        carol.expect("CALL_CLOSED")

        two.start()
        wait_until(lambda: "answers again" in one.log_tail(), 10, lambda: f"nobody noticed its return: {one.log_tail()}")


def a_phone_moves(folder):
    """It registers at the other node and is one binding still; what it unregisters there is gone here."""
    with two_nodes(folder) as (one, two), Baresip(folder / "alice", "alice", one, transport="tcp", tone=440) as alice:
        alice.registered()
        with Baresip(folder / "bob1", "bob", one, transport="udp", tone=700) as bob:
            bob.registered()
            one.binding("bob")
        # It unregistered as it ended.
        with Baresip(folder / "bob2", "bob", two, transport="tcp", tone=900) as bob:
            bob.registered()
            talk(alice, bob)
            bob.hang_up()
            alice.expect("CALL_CLOSED")
            if one.binding("bob")["node"] != 2:
                raise Failure(f"not moved: {one.binding('bob')}")
        two.viactl("ul", "rm", f"bob@{DOMAIN}", check=False)
        alice.forget()
        alice.dial(f"sip:bob@{DOMAIN}")
        alice.expect("CALL_CLOSED", 3)


def a_wrong_node_uri_is_refused(folder):
    """A node that the others could not reach does not start: the line of node_uri, and what there is instead."""
    node = Node(folder, 1)
    text = node.config.read_text()
    node.config.write_text(text.replace(f'node_uri = "sip:127.0.0.1:{node.internal}', f'node_uri = "sip:127.0.0.1:{node.internal + 1}'))
    line = next(number for number, line in enumerate(text.splitlines(), 1) if line.startswith("node_uri"))
    node.start(wait=False)
    said = (node.process.wait(10), node.log_tail())
    if said[0] != 1 or f"viaduct.toml:{line}" not in said[1] or f"tcp 127.0.0.1:{node.internal}" not in said[1]:
        raise Failure(f"status {said[0]}: {said[1]}")
    node.config.write_text(text.replace("sip:127.0.0.1:", "sip:localhost:"))
    with node:
        if "node_uri is sip:localhost" not in node.log_tail():
            raise Failure(f"no warning about a name: {node.log_tail()}")


TESTS = [("a call goes from a phone at one node to a phone at another, both ways", calls_cross_nodes),
         ("the same over mutual TLS, and a node without the right certificate is refused", calls_cross_nodes_over_tls),
         ("a node that dies takes only its own connections along, and is passed over at once", a_dead_node_is_passed_over),
         ("a phone moves from node to node", a_phone_moves),
         ("a node_uri that is no listener is refused", a_wrong_node_uri_is_refused)]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
