#!/usr/bin/env python3
"""Browsers (Chromium) and desk phones (baresip) call each other through a proxy and a media relay, and hear each other.

Every sound is verified by frequency analysis of what arrives. Relays and proxies are parameters: see relays.py and PROXIES. Both browsers serve
all tests; each test has its own server, relay and phones, and at its end the relay has no call left.
"""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys
import tempfile
import time

from browser_phones import SipJsPhone, WebPhone
from kamailio import Kamailio
from media_town import BOB, Town, Viaduct, browser_calls, browsers, desk_calls, ended, hear_each_other, scenario
from relays import OwnRelayAlone, Rtpengine, relays_to_test
from support import DOMAIN, Failure, run_tests, wait_until

PROXIES = {one.name: one for one in (Viaduct,)}


def browser_calls_desk(town, kind=WebPhone):
    alice, desk = town.browser(kind=kind), town.desk()
    for who_ends in ("desk", "browser"):
        browser_calls(alice, desk)
        hear_each_other(alice, desk)
        if who_ends == "desk":
            desk.hang_up()
            alice.idle()
        else:
            alice.hang_up()
            ended(desk)
            alice.idle()
        desk.forget()


def desk_calls_browser(town, kind=WebPhone):
    alice, desk = town.browser(kind=kind), town.desk()
    for who_ends in ("browser", "desk"):
        desk_calls(desk, alice)
        hear_each_other(alice, desk)
        if who_ends == "desk":
            desk.hang_up()
            alice.idle()
        else:
            alice.hang_up()
            ended(desk)
            alice.idle()
        desk.forget()


def slow_answer(town):
    """The phone rings for longer than any check of ICE waits."""
    alice, desk = town.browser(), town.desk()
    alice.dial(desk.user)
    desk.expect("CALL_INCOMING")
    alice.hears_ringing()
    time.sleep(12)
    desk.answer()
    alice.talking()
    hear_each_other(alice, desk)
    desk.hang_up()
    alice.idle()


def caller_gives_up(town):
    alice, desk = town.browser(), town.desk()
    alice.dial(desk.user)
    desk.expect("CALL_INCOMING")
    alice.hears_ringing()
    alice.hang_up()
    ended(desk)
    alice.idle()
    desk.dial(f"sip:alice@{DOMAIN}")
    alice.ringing()
    desk.hang_up()
    alice.idle()


def callee_declines(town):
    alice, desk = town.browser(), town.desk()
    alice.dial(desk.user)
    desk.expect("CALL_INCOMING")
    desk.hang_up()
    alice.says("They are busy.")
    alice.idle()
    desk.forget()
    desk.dial(f"sip:alice@{DOMAIN}")
    alice.ringing()
    alice.decline()
    ended(desk)
    alice.idle()


def hold_and_resume(town):
    alice, desk = town.browser(), town.desk()
    browser_calls(alice, desk)
    hear_each_other(alice, desk)
    alice.hold(True)
    alice.hears_nothing()
    alice.hold(False)
    alice.hears(desk.tone)
    desk.command("hold")
    alice.hears_nothing()
    desk.command("resume")
    alice.hears(desk.tone)
    desk.hang_up()
    alice.idle()


def browsers_call_each_other(town):
    """They reach each other by ICE: the relay has nothing to do."""
    alice, bob = town.browser(), town.browser(BOB)
    alice.dial("bob")
    bob.ringing()
    bob.answer()
    alice.talking()
    alice.hears(bob.tone)
    bob.hears(alice.tone)
    town.relay.no_calls(0)
    bob.hang_up()
    alice.idle()
    bob.idle()


def phones_call_each_other(town):
    carol, dora = town.desk(), town.desk("dora", tone=760)
    carol.dial(f"sip:dora@{DOMAIN}")
    dora.expect("CALL_INCOMING")
    dora.answer()
    carol.expect("CALL_ESTABLISHED")
    carol.hears(dora.tone)
    dora.hears(carol.tone)
    town.relay.no_calls(0)
    carol.hang_up()
    ended(dora)


def fork_to_both(town):
    """Bob has a browser and a desk phone; each gets a description of its own, and either can take the call. A browser calls, then a phone."""
    alice, bob, desk = town.browser(), town.browser(BOB), town.desk("bob")
    for answers in ("desk", "browser"):
        alice.dial("bob")
        desk.expect("CALL_INCOMING")
        bob.ringing()
        if answers == "desk":
            desk.answer()
            alice.talking()
            bob.idle()
            hear_each_other(alice, desk)
        else:
            bob.answer()
            alice.talking()
            ended(desk)
            alice.hears(bob.tone)
            bob.hears(alice.tone)
        alice.hang_up()
        alice.idle()
        desk.forget()
    carol = town.desk("carol", tone=760)
    carol.dial(f"sip:bob@{DOMAIN}")
    desk.expect("CALL_INCOMING")
    bob.ringing()
    bob.answer()
    ended(desk)
    bob.hears(carol.tone)
    carol.hears(bob.tone)
    bob.hang_up()
    ended(carol)


def two_relayed_branches(town):
    """Both branches of a fork have legs at the relay; when one phone answers, the other's end, and the call's stay."""
    alice, one, other = town.browser(), town.desk("bob"), town.desk("bob", tone=760)
    for answers, waits in ((one, other), (other, one)):
        alice.dial("bob")
        one.expect("CALL_INCOMING")
        other.expect("CALL_INCOMING")
        answers.answer()
        alice.talking()
        ended(waits)
        hear_each_other(alice, answers)
        time.sleep(1)
        hear_each_other(alice, answers)
        alice.hang_up()
        ended(answers)
        alice.idle()
        one.forget()
        other.forget()


def ipv6_desk(town):
    """A browser on IPv4 and a phone on IPv6 call each other, both ways."""
    alice, desk = town.browser(), town.desk(address="::1", proxy_host="[::1]")
    browser_calls(alice, desk)
    hear_each_other(alice, desk)
    desk.hang_up()
    alice.idle()
    desk.forget()
    desk_calls(desk, alice)
    hear_each_other(alice, desk)
    alice.hang_up()
    ended(desk)
    alice.idle()


def early_media(town):
    """A phone that listens before it answers (183 with a description) gets the caller's sound; then the call goes on as ever. It plays that
    sound, but records and sends only once it has answered."""
    alice, desk = town.browser(), town.desk(answer="early")
    alice.dial(desk.user)
    wait_until(lambda: "incoming rtp for 'audio' established" in desk.output(), 10, lambda: f"no sound before the answer: {desk.output()}")
    alice.hears_ringing()
    desk.answer()
    alice.talking()
    hear_each_other(alice, desk)
    desk.hang_up()
    alice.idle()


def dead_relay(town):
    """Calls that need it are refused at once with a clear answer, others go on; when it is back, calls do."""
    alice, desk, dora = town.browser(), town.desk(), town.desk("dora", tone=760)
    town.relay.end()
    started = time.monotonic()
    desk.dial(f"sip:alice@{DOMAIN}")
    ended(desk)
    if time.monotonic() - started > 4:
        raise Failure("the call waited for a relay that is not there")
    desk.forget()
    desk.dial(f"sip:dora@{DOMAIN}")
    dora.expect("CALL_INCOMING")
    dora.answer()
    desk.expect("CALL_ESTABLISHED")
    desk.hang_up()
    ended(dora)
    desk.forget()
    town.relay.start()
    wait_until(lambda: town.server.json("rtpengine", "show")[0]["health"] == "up", 10, "the relay does not come back")
    desk_calls(desk, alice)
    hear_each_other(alice, desk)
    desk.hang_up()
    alice.idle()


class TwoRtpengines:
    """Two external relays as one set."""

    name = "rtpengine"

    def __init__(self, folder):
        self.each = [Rtpengine(folder / "one"), Rtpengine(folder / "two")]

    def tables(self):
        return ('[module.rtpengine]\nping_interval = "1s"\n' +
                "".join(f'[module.rtpengine.relay.{name}]\naddress = "127.0.0.1:{one.port}"\n' for name, one in zip(("one", "two"), self.each)))

    def __enter__(self):
        for one in self.each:
            one.start()
        return self

    def __exit__(self, *_):
        for one in self.each:
            one.end()

    def no_calls(self, seconds=10):
        for one in self.each:
            if one.process.poll() is None:
                one.no_calls(seconds)


def one_of_two_dies(town):
    """No call is refused, none is slow: the first of its relays that says nothing is left out."""
    alice, desk = town.browser(), town.desk()
    town.relay.each[0].end()
    for _ in range(4):
        started = time.monotonic()
        desk.dial(f"sip:alice@{DOMAIN}")
        alice.ringing()
        if time.monotonic() - started > 2:
            raise Failure("a dead relay slowed a call")
        alice.answer()
        desk.expect("CALL_ESTABLISHED")
        hear_each_other(alice, desk)
        desk.hang_up()
        alice.idle()
        desk.forget()


# A script with Kamailio's flags instead of media.bridge: those of a set-up with one kind of caller and the other kind of callee.
FLAGS_SCRIPT = """
local auth, nat, registrar = require "viaduct.auth", require "viaduct.nat", require "viaduct.registrar"
local rtpengine = require "viaduct.rtpengine"
local BOTH = "replace-origin replace-session-connection trust-address address-family=IP4 SDES-off "
local TO_PHONE = BOTH .. "rtcp-mux-demux DTLS=off ICE=remove RTP/AVP"
local TO_BROWSER = BOTH .. "rtcp-mux-offer generate-mid DTLS=passive ICE=force RTP/SAVPF"
function on_request(req)
  nat.fix(req)
  if req.in_dialog then
    if req.method == "BYE" then rtpengine.delete(req) end
    return req:relay()
  end
  local user, challenge = auth.verify(req)
  if not user then return challenge end
  if req.method == "REGISTER" then return registrar.save(req, user) end
  auth.consume(req)
  if req.method == "INVITE" then
    local web = req.source.transport == "wss"
    local ok, problem = rtpengine.manage(req, web and TO_PHONE or TO_BROWSER, web and TO_BROWSER or TO_PHONE)
    if not ok then return 503, problem end
  end
  return req:relay(registrar.lookup(req.uri))
end
"""


def flags_of_kamailio(folder):
    script = folder / "flags.lua"
    script.write_text(FLAGS_SCRIPT)
    with Town(folder, Rtpengine, Viaduct, script=script) as town:
        alice, desk = town.browser(), town.desk()
        browser_calls(alice, desk)
        hear_each_other(alice, desk)
        desk.hang_up()
        alice.idle()
        desk.forget()
        desk_calls(desk, alice)
        hear_each_other(alice, desk)
        alice.hang_up()
        ended(desk)
        alice.idle()
        desk.forget()
        desk.dial(f"sip:alice@{DOMAIN}")
        alice.ringing()
        alice.decline()
        ended(desk)


SCENARIOS = [
    ("a browser calls a phone; each ends one call", browser_calls_desk),
    ("a browser calls a phone over SIP.js", lambda town: browser_calls_desk(town, SipJsPhone)),
    ("a phone calls a browser; each ends one call", desk_calls_browser),
    ("a phone calls a browser over SIP.js", lambda town: desk_calls_browser(town, SipJsPhone)),
    ("a phone answers after a long time", slow_answer),
    ("a caller gives up", caller_gives_up),
    ("a callee declines", callee_declines),
    ("hold and resume from both sides", hold_and_resume),
    ("browsers call each other without the relay", browsers_call_each_other),
    ("phones call each other without the relay", phones_call_each_other),
    ("a fork to a browser and a phone", fork_to_both),
    ("a fork to two phones", two_relayed_branches),
    ("an IPv4 browser and an IPv6 phone", ipv6_desk),
    ("early media of a phone", early_media),
]


# What two relays may do differently; all the rest is tried with one.
WITH_RTPENGINE = (browser_calls_desk, desk_calls_browser, hold_and_resume, fork_to_both, ipv6_desk, early_media)

# What Kamailio's configuration here covers.
WITH_KAMAILIO = (browser_calls_desk, desk_calls_browser, caller_gives_up, callee_declines, hold_and_resume)


def tests():
    for proxy in PROXIES.values():
        for relay in relays_to_test():
            for name, run in SCENARIOS:
                if relay is not Rtpengine or run in WITH_RTPENGINE:
                    yield f"{proxy.name}, {relay.name}: {name}", scenario(relay, proxy, run)
        yield f"{proxy.name}, rtpengine: a dead relay refuses only what needs it", scenario(Rtpengine, proxy, dead_relay)
        yield f"{proxy.name}, two of rtpengine: one dies", scenario(TwoRtpengines, proxy, one_of_two_dies)
    # The other half of the world: a real Kamailio drives this project's relay, and RTPEngine to compare.
    for relay in (OwnRelayAlone, Rtpengine):
        for name, run in SCENARIOS:
            if run in WITH_KAMAILIO:
                yield f"kamailio, {relay.name}: {name}", scenario(relay, Kamailio, run)
    yield "viaduct, rtpengine: the flags of rtpengine_manage() in Lua", flags_of_kamailio


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="viaduct-media-") as name, browsers(pathlib.Path(name)):
        status = run_tests(list(tests()))
    sys.exit(status)
