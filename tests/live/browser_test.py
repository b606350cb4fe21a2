#!/usr/bin/env python3
"""Real browsers (Chromium) register over WSS and call each other: the web phone (JsSIP) and a page over SIP.js, directly and through nginx.

Each person has a browser whose microphone plays his tone; sound is verified by frequency analysis of what arrives, video by frames shown.
Both browsers serve all tests: a test opens its pages in contexts of their own, with nothing stored.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import dataclasses
import pathlib
import sys
import tempfile
import time

from browser_phones import SipJsPhone, WebPhone
from chromium import Chromium, public_key_hash
from support import DOMAIN, Failure, run_tests, wait_until, write_tone
from web_server import Cut, Nginx, WebServer, certificate

FORBIDDEN = "The server refused this name or password."


@dataclasses.dataclass
class Person:
    user: str
    tone: int
    browser: Chromium = None


PEOPLE = (Person("alice", 440), Person("bob", 880))


@contextlib.contextmanager
def browsers(folder):
    with contextlib.ExitStack() as stack:
        key = public_key_hash(certificate(folder).certificate)
        for person in PEOPLE:
            tone = folder / f"{person.user}.wav"
            write_tone(tone, person.tone, seconds=10, rate=48000)
            person.browser = stack.enter_context(Chromium(folder / person.user, tone, [key]))
        yield


@contextlib.contextmanager
def town(folder, kinds=(WebPhone, WebPhone), **options):
    """A server with alice and bob registered, each on a phone of that kind. At the end nothing may have gone wrong inside the pages."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(WebServer(folder / "server", **options))
        phones = [kind(person, server) for kind, person in zip(kinds, PEOPLE)]
        for phone in phones:
            stack.callback(phone.page.close)
            phone.register()
        yield server, *phones
        for phone in phones:
            phone.page.healthy()


def connect(caller, callee, video=False, answer_with_video=False):
    caller.dial(callee.user, video)
    callee.ringing()
    caller.hears_ringing()
    callee.answer(answer_with_video)
    caller.talking()
    callee.talking()


def hear_each_other(one, other):
    one.hears(other.tone)
    other.hears(one.tone)


def registers_over_wss(kind):
    def test(folder):
        with WebServer(folder / "server") as server:
            phone = kind(PEOPLE[0], server).register()
            bindings = server.bindings()
            if len(bindings) != 1 or ".invalid" not in bindings[0]:
                raise Failure(f"not one binding of a browser, but {bindings}")
            phone.page.healthy()
            phone.page.close()
    return test


def wrong_password(folder):
    with WebServer(folder / "server") as server:
        phone = WebPhone(PEOPLE[0], server)
        phone.register(password="wrong", wait=False)
        phone.says(FORBIDDEN)
        if not phone.page.visible("#submit-account"):
            raise Failure("the password cannot be corrected")
        phone.register()  # and this time it is right
        phone.page.wait_for("document.getElementById('problem').hidden", what="the old problem still stands there")
        phone.page.close()

        phone = SipJsPhone(PEOPLE[1], server)
        phone.register(password="wrong", wait=False)
        phone.refused(401)
        phone.page.close()
        if len(server.bindings()) > 1:
            raise Failure(f"somebody registered with a wrong password: {server.bindings()}")


def server_unreachable(folder):
    with WebServer(folder / "server") as server:
        phone = WebPhone(PEOPLE[0], server)
        phone.register(websocket="wss://127.0.0.1:1/ws", wait=False)
        phone.says("cannot be reached")
        phone.page.close()


def calls(kinds):
    """Each calls the other once, with sound, and each hangs up once."""
    def test(folder):
        with town(folder, kinds) as (_, alice, bob):
            for caller, callee in ((alice, bob), (bob, alice)):
                connect(caller, callee)
                hear_each_other(alice, bob)
                bob.hang_up() if caller is bob else alice.hang_up()
                alice.idle()
                bob.idle()
    return test


def video_call(kinds):
    def test(folder):
        with town(folder, kinds) as (_, alice, bob):
            connect(alice, bob, video=True, answer_with_video=True)
            hear_each_other(alice, bob)
            alice.sees()
            bob.sees()
            bob.hang_up()
            alice.idle()
            bob.idle()
    return test


def cancel(kinds):
    def test(folder):
        with town(folder, kinds) as (_, alice, bob):
            alice.dial("bob")
            bob.ringing()
            alice.hears_ringing()
            alice.hang_up()
            bob.idle()
            alice.idle()
    return test


def decline(folder):
    with town(folder, (WebPhone, WebPhone)) as (_, alice, bob):
        alice.dial("bob")
        bob.ringing()
        bob.decline()
        bob.idle()
        alice.says("They declined the call.")
        alice.idle()


def decline_sipjs(folder):
    with town(folder, (SipJsPhone, SipJsPhone)) as (_, alice, bob):
        alice.dial("bob")
        bob.ringing()
        bob.decline()
        alice.refused(603)
        alice.idle()


def nobody_there(folder):
    with town(folder) as (_, alice, _bob):
        alice.dial("carol")
        alice.says("Nobody can be reached at this address")
        alice.idle()


def second_caller_hears_busy(folder):
    with WebServer(folder / "server") as server, contextlib.ExitStack() as stack:
        phones = []
        for user, person in (("alice", PEOPLE[0]), ("bob", PEOPLE[1]), ("carol", PEOPLE[0])):
            phone = WebPhone(dataclasses.replace(person, user=user), server).register()
            stack.callback(phone.page.close)
            phones.append(phone)
        alice, bob, carol = phones
        connect(alice, bob)
        carol.dial("bob")
        carol.says("They are busy.")
        hear_each_other(alice, bob)


def tab_closed(kind):
    """Its connection ends with the tab, and its binding with the connection (RFC 5626 section 4.2.1)."""
    def test(folder):
        with WebServer(folder / "server") as server:
            phone = kind(PEOPLE[0], server).register()
            if len(server.bindings()) != 1:
                raise Failure(f"not one binding, but {server.bindings()}")
            phone.page.close()
            wait_until(lambda: not server.bindings(), 1, lambda: f"the binding is still there: {server.bindings()}")
    return test


def tab_closed_while_it_rings(kind):
    """Nobody can be told that the call was answered, so the other phone stops ringing (RFC 3261 section 16.10)."""
    def test(folder):
        with WebServer(folder / "server") as server, contextlib.ExitStack() as stack:
            alice, bob = kind(PEOPLE[0], server).register(), WebPhone(PEOPLE[1], server).register()
            stack.callback(bob.page.close)
            alice.dial("bob")
            bob.ringing()
            alice.hears_ringing()
            alice.page.close()
            bob.idle()
            bob.page.healthy()
    return test


def fifty_reloads(folder):
    with WebServer(folder / "server") as server:
        phone = WebPhone(PEOPLE[0], server).register(remember=True)
        for _ in range(50):
            phone.page.reload()
            phone.registered()
            if len(server.bindings()) != 1:
                wait_until(lambda: len(server.bindings()) == 1, 1, lambda: f"not one binding: {server.bindings()}")
        phone.page.close()


def password_only_when_asked(folder):
    with WebServer(folder / "server") as server:
        phone = WebPhone(PEOPLE[0], server).register()
        stored = phone.page.evaluate("JSON.stringify({ ...localStorage, ...sessionStorage })")
        if "secret" in stored or DOMAIN not in stored:
            raise Failure(f"stored is {stored}")
        phone.page.reload()
        phone.page.wait_for("document.getElementById('address').value", what="the address is forgotten")
        if phone.page.evaluate("document.getElementById('password').value"):
            raise Failure("the password came back without being asked for")
        phone.page.close()


def hold_and_resume(kinds):
    def test(folder):
        with town(folder, kinds) as (_, alice, bob):
            connect(alice, bob)
            hear_each_other(alice, bob)
            alice.hold(True)
            alice.hears_nothing()
            bob.hears_nothing()
            if isinstance(bob, WebPhone):
                bob.says("The other side holds the call", "#call-state")
            alice.hold(False)
            hear_each_other(alice, bob)
            bob.hang_up()
            alice.idle()
    return test


def video_on_demand(folder):
    """Alice turns her camera on in a call without video, then Bob his; both off again; the sound goes on."""
    with town(folder) as (_, alice, bob):
        connect(alice, bob)
        hear_each_other(alice, bob)
        alice.page.click("#video")
        bob.sees()
        if alice.page.visible("#remote-video"):
            raise Failure("alice sees a video that bob did not turn on")
        bob.page.click("#video")
        alice.sees()
        bob.sees()
        for phone, other in ((alice, bob), (bob, alice)):
            phone.page.click("#video")
            other.page.wait_for("document.getElementById('remote-video').hidden", what=f"{other.user} still sees the video")
        hear_each_other(alice, bob)
        alice.hang_up()
        bob.idle()


def both_change_the_call_at_once(folder):
    """Their offers meet: each is refused with 491 and made again (RFC 3261 section 14.1)."""
    with town(folder) as (_, alice, bob):
        for phone in (alice, bob):
            phone.watch_connections()
        connect(alice, bob)
        hear_each_other(alice, bob)
        at = time.time() * 1000 + 1000
        for phone in (alice, bob):
            phone.page.evaluate(f"setTimeout(() => document.getElementById('video').click(), {at} - Date.now()), 0")
        alice.sees(20)
        bob.sees(20)
        alice.plays_sound()
        bob.plays_sound()
        alice.hang_up()
        bob.idle()


def mute(folder):
    with town(folder) as (_, alice, bob):
        connect(alice, bob)
        hear_each_other(alice, bob)
        alice.page.click("#mute")
        bob.hears_nothing()
        alice.hears(bob.tone)
        alice.page.click("#mute")
        bob.hears(alice.tone)
        alice.hang_up()
        bob.idle()


def digits(folder):
    """Alice is muted so that her tone does not stand beside the digits'."""
    with town(folder) as (_, alice, bob):
        connect(alice, bob)
        alice.page.click("#mute")
        bob.hears_nothing()
        alice.page.click('[data-digit="1"]')
        bob.hears_both(697, 1209)
        alice.page.evaluate("document.activeElement.blur()")
        alice.page.key("9", "Digit9", 57)
        bob.hears_both(852, 1477)
        alice.says("19", "#digits")
        alice.hang_up()
        bob.idle()


def network_drop(folder):
    """The way of Alice's signalling breaks during a call: she hears on, registers again by herself, and ends the call over the new connection;
    and the next call, broken the same way, is ended by Bob."""
    with WebServer(folder / "server") as server, Cut(server.tls_port) as cut:
        alice, bob = WebPhone(PEOPLE[0], server), WebPhone(PEOPLE[1], server)
        alice.register(websocket=f"wss://127.0.0.1:{cut.port}/ws")
        bob.register()
        for ends in (alice, bob):
            connect(alice, bob)
            hear_each_other(alice, bob)
            cut.cut()
            alice.says("Connecting again by itself")
            wait_until(lambda: len(server.bindings()) == 1, 5, lambda: f"alice's binding stays without its connection: {server.bindings()}")
            hear_each_other(alice, bob)
            cut.restore()
            alice.registered(15)
            wait_until(lambda: len(server.bindings()) == 2, 5, lambda: f"not two bindings: {server.bindings()}")
            hear_each_other(alice, bob)
            ends.hang_up()
            alice.idle()
            bob.idle()
        for phone in (alice, bob):
            phone.page.healthy()
            phone.page.close()


def silent_network(folder):
    """Packets vanish without a word: the page's keep-alive (RFC 5626 section 4.4.1) finds out, asked by the browser's own hint."""
    with WebServer(folder / "server") as server, Cut(server.tls_port) as cut:
        alice = WebPhone(PEOPLE[0], server).register(websocket=f"wss://127.0.0.1:{cut.port}/ws")
        cut.swallow()
        alice.page.evaluate("window.dispatchEvent(new Event('online'))")
        alice.page.wait_for("document.body.dataset.registration === 'offline'", 12, "the dead connection is not noticed")
        cut.restore()
        alice.registered(15)
        alice.page.close()


def through_nginx(folder):
    with WebServer(folder / "server") as server, Nginx(folder / "nginx", server) as nginx:
        alice, bob = WebPhone(PEOPLE[0], nginx).register(), SipJsPhone(PEOPLE[1], nginx).register()
        connect(alice, bob)
        hear_each_other(alice, bob)
        alice.hang_up()
        bob.idle()
        connect(bob, alice)
        hear_each_other(alice, bob)
        alice.page.healthy()
        for phone in (alice, bob):
            phone.page.close()
        wait_until(lambda: not server.bindings(), 2, lambda: f"bindings outlive their tabs: {server.bindings()}")


def names_of_controls(page):
    """What a screen reader would say of everything that can be used: (role, name)."""
    nodes = page.command("Accessibility.getFullAXTree")["nodes"]
    roles = ("button", "textbox", "checkbox", "link", "DisclosureTriangle", "timer", "status", "alert", "Video")
    return [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes
            if not node.get("ignored") and node.get("role", {}).get("value") in roles]


def usable_by_all(folder):
    """Every control has a name, the keyboard is enough for a call, and a 320 px screen needs no sideways scrolling, in every state."""
    with WebServer(folder / "server") as server:
        alice, bob = WebPhone(PEOPLE[0], server, width=320, height=568), WebPhone(PEOPLE[1], server)

        def check(where):
            unnamed = [role for role, name in names_of_controls(alice.page) if not name and role in ("button", "textbox", "checkbox", "Video")]
            if unnamed:
                raise Failure(f"{where}: a {unnamed[0]} has no name")
            width = alice.page.evaluate("document.documentElement.scrollWidth")
            if width > 320:
                raise Failure(f"{where}: the page is {width} px wide on a screen of 320")
            small = alice.page.evaluate("[...document.querySelectorAll('button')].filter(one => one.checkVisibility())"
                                        ".filter(one => one.getBoundingClientRect().height < 36).map(one => one.id)")
            if small:
                raise Failure(f"{where}: too low for a finger: {small}")

        check("not registered")
        bob.register()
        alice.page.type("#address", f"alice@{DOMAIN}")
        alice.page.key("Tab")
        alice.page.command("Input.insertText", {"text": "secret"})
        alice.page.evaluate(f"document.getElementById('server').value = '{server.websocket}'")
        alice.page.key("Enter")
        alice.registered()
        check("registered")
        alice.page.wait_for("document.activeElement.id === 'target'", what="the field to dial has not the focus")
        alice.page.command("Input.insertText", {"text": "bob"})
        alice.page.key("Enter")
        bob.ringing()
        check("calling")
        bob.answer()
        alice.talking()
        check("talking")
        alice.page.wait_for("document.activeElement.id === 'hang-up'", what="the button to hang up has not the focus")
        alice.page.key("Enter")
        bob.idle()
        bob.dial("alice")
        alice.ringing()
        check("incoming")
        alice.page.wait_for("document.activeElement.id === 'answer'", what="the button to answer has not the focus")
        alice.page.key("Enter")
        alice.talking()
        for phone in (alice, bob):
            phone.page.healthy()
            phone.page.close()


KINDS = {"web phone": (WebPhone, WebPhone), "SIP.js": (SipJsPhone, SipJsPhone)}
MIXED = (WebPhone, SipJsPhone)
TESTS = [(f"a browser registers over WSS ({name})", registers_over_wss(kinds[0])) for name, kinds in KINDS.items()]
TESTS += [("a wrong password is refused, and said so", wrong_password),
          ("a server that cannot be reached is said so", server_unreachable)]
TESTS += [(f"browsers call each other with sound ({name})", calls(kinds)) for name, kinds in (KINDS | {"web phone and SIP.js": MIXED}).items()]
TESTS += [(f"browsers call each other with sound and video ({name})", video_call(kinds)) for name, kinds in KINDS.items()]
TESTS += [(f"a caller gives up and the callee stops ringing ({name})", cancel(kinds)) for name, kinds in KINDS.items()]
TESTS += [("a callee declines and the caller is told (web phone)", decline),
          ("a callee declines and the caller is told (SIP.js)", decline_sipjs),
          ("a call to nobody is said so", nobody_there),
          ("a second caller hears busy, and the call goes on", second_caller_hears_busy)]
TESTS += [(f"a closed tab is not registered a second later ({name})", tab_closed(kinds[0])) for name, kinds in KINDS.items()]
TESTS += [(f"a tab closed while it rings stops the ringing ({name})", tab_closed_while_it_rings(kinds[0])) for name, kinds in KINDS.items()]
TESTS += [("fifty reloads leave one binding", fifty_reloads),
          ("the password is kept only when asked", password_only_when_asked)]
TESTS += [(f"hold silences both, resume brings both back ({name})", hold_and_resume(kinds))
          for name, kinds in (KINDS | {"web phone and SIP.js": MIXED}).items()]
TESTS += [("video comes and goes during a call", video_on_demand),
          ("both change the call at the same moment", both_change_the_call_at_once),
          ("a muted microphone is silent", mute),
          ("digits arrive as DTMF, from the mouse and the keyboard", digits),
          ("a call survives the loss of its signalling connection", network_drop),
          ("a connection that swallows everything is noticed and replaced", silent_network),
          ("browsers call each other through nginx", through_nginx),
          ("everybody can use the page: names, keyboard, small screens", usable_by_all)]

if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="viaduct-browsers-") as name, browsers(pathlib.Path(name)):
        status = run_tests(TESTS)
    sys.exit(status)
