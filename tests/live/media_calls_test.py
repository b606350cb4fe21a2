#!/usr/bin/env python3
"""Calls that are more than a call and an answer: transfers, early media, digits both ways, video, late offers, PRACK, UPDATE, a restart of ICE.

Browsers (Chromium), desk phones (baresip) and a phone that the test plays message by message (sip_phone.py) call each other through this
project's proxy and relay; every sound is verified by frequency analysis.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import pathlib
import sys
import tempfile

from browser_phones import SipJsPhone, WebPhone
from media_town import BOB, Viaduct, browser_addresses, browser_calls, browsers, desk_calls, ended, hear_each_other, scenario, still_hear_each_other
from relays import OwnRelay, Rtpengine, relays_to_test
from sip_phone import SipPhone, Sound
from support import ROOT, Failure, run_tests, wait_until

PLAYED_TONE = 760


@contextlib.contextmanager
def played(here, user="dora"):
    """A phone that the test plays, and its sound."""
    with SipPhone(user, here.server, PLAYED_TONE) as phone, Sound(PLAYED_TONE) as sound:
        yield phone, sound


def both_hear(browser, sound):
    browser.hears(PLAYED_TONE)
    sound.hears(browser.tone)


def browser_transfers_phone(here):
    """Alice's browser talks to a phone and sends it on to Bob's browser (REFER, RFC 3515)."""
    alice, bob, desk = here.browser(kind=SipJsPhone), here.browser(BOB), here.desk()
    browser_calls(alice, desk)
    hear_each_other(alice, desk)
    alice.transfer("bob")
    bob.ringing()
    bob.answer()
    bob.talking()
    alice.transferred()
    alice.hang_up()
    hear_each_other(bob, desk)
    bob.hang_up()
    bob.idle()


def phone_transfers_browser(here):
    """A phone talks to Alice's browser and sends it on to another phone."""
    alice, carol, dora = here.browser(kind=SipJsPhone), here.desk(), here.desk("dora", tone=760)
    desk_calls(carol, alice)
    hear_each_other(alice, carol)
    carol.command("transfer", "sip:dora@example.test")
    dora.expect("CALL_INCOMING")
    dora.answer()
    alice.talking()
    ended(carol)
    hear_each_other(alice, dora)
    alice.hang_up()
    ended(dora)
    alice.idle()


def early_media(here):
    """An announcement before the answer (183 with a description): the web phone hears it while it rings, and the call goes on from there."""
    with played(here) as (phone, sound):
        alice = here.browser()
        alice.dial("dora")
        invite = phone.expect("INVITE")
        sound.sends_to(invite.body)
        phone.respond(invite, 183, sound.description())
        alice.hears_ringing()
        both_hear(alice, sound)
        phone.respond(invite, 200, sound.description())
        phone.expect("ACK")
        alice.talking()
        both_hear(alice, sound)
        phone.hangs_up(phone.dialog_of(invite))
        alice.idle()


def offer_in_a_reliable_183(here):
    """SIP.js calls without an offer; the phone's is in a 183 sent reliably, the answer in PRACK (RFC 3262 section 5), the 200 has none."""
    with played(here) as (phone, sound):
        alice = here.browser(kind=SipJsPhone)
        alice.dial("dora", offer=False)
        invite = phone.expect("INVITE")
        if invite.body or "100rel" not in invite["Supported"]:
            raise Failure(f"not an INVITE that takes an offer in a reliable response: {invite.text()}")
        phone.respond(invite, 183, sound.description(), [("Require", "100rel"), ("RSeq", "17")])
        prack = phone.expect("PRACK")
        phone.respond(prack, 200)
        sound.sends_to(prack.body)
        both_hear(alice, sound)
        phone.respond(invite, 200)
        phone.expect("ACK")
        alice.talking()
        both_hear(alice, sound)
        phone.hangs_up(phone.dialog_of(invite))
        alice.idle()


def late_offers(here):
    """A phone calls without an offer: SIP.js's is in the 200, the phone's answer in the ACK (RFC 3261 section 13.2.1); and so once more in the
    call, when the phone moves to another port."""
    with played(here) as (phone, sound), Sound(PLAYED_TONE) as other:
        alice = here.browser(kind=SipJsPhone)
        phone.calls("alice")
        alice.ringing()
        alice.answer()
        answered = phone.expect(200, "INVITE")
        dialog = phone.dialog_of(answered)
        sound.sends_to(answered.body)
        phone.acknowledge(dialog, sound.description())
        alice.talking()
        both_hear(alice, sound)
        offers_late_again(phone, dialog, other, 2)
        sound.to = None
        both_hear(alice, other)
        phone.hangs_up(dialog)
        alice.idle()


def offers_late_again(phone, dialog, sound, version):
    phone.request(dialog, "INVITE")
    sound.sends_to(phone.expect(200, "INVITE").body)
    phone.acknowledge(dialog, sound.description(version))


def update(here):
    """A phone calls the web phone and moves to another port by UPDATE (RFC 3311), and back by a re-INVITE without an offer."""
    with played(here) as (phone, sound), Sound(PLAYED_TONE) as other:
        alice = here.browser()
        phone.calls("alice", sound.description())
        alice.ringing()
        alice.answer()
        answered = phone.expect(200, "INVITE")
        dialog = phone.dialog_of(answered)
        sound.sends_to(answered.body)
        phone.acknowledge(dialog)
        alice.talking()
        both_hear(alice, sound)
        phone.request(dialog, "UPDATE", other.description(2))
        other.sends_to(phone.expect(200, "UPDATE").body)
        sound.to = None
        both_hear(alice, other)
        offers_late_again(phone, dialog, sound, 3)
        other.to = None
        both_hear(alice, sound)
        phone.hangs_up(dialog)
        alice.idle()


def digits(here):
    """Of a desk phone to a browser, which plays them, and of both libraries to a desk phone (RFC 4733)."""
    desk = here.desk()
    for kind in (WebPhone, SipJsPhone):
        alice = here.browser(kind=kind)
        browser_calls(alice, desk)
        hear_each_other(alice, desk)
        alice.page.click('[data-digit="5"]') if kind is WebPhone else alice.digit("5")
        wait_until(lambda: any(event["type"] == "CALL_DTMF_START" and event.get("param") == "5" for event in desk.seen()), 8,
                   lambda: f"no digit 5 arrived, but {[event['type'] for event in desk.seen()]}")
        desk.command("mute")  # its tone would stand beside the digit's
        alice.hears_nothing()
        desk.command("sndcode", "9")
        alice.hears_both(852, 1477)
        desk.hang_up()
        alice.idle()
        desk.forget()
        here.leaves(alice)


def video_offered_to_a_phone(here):
    """The phone takes the sound and refuses the picture (RFC 3264 section 6)."""
    desk = here.desk()
    for kind in (WebPhone, SipJsPhone):
        alice = here.browser(kind=kind)
        alice.dial(desk.user, video=True)
        desk.expect("CALL_INCOMING")
        desk.answer()
        alice.talking()
        hear_each_other(alice, desk)
        carried = {stream["media"] for stream in here.server.json("media", "show", here.server.json("media", "list")[0])["streams"]}
        if carried != {"audio"}:
            raise Failure(f"the relay carries {carried}")
        desk.hang_up()
        alice.idle()
        desk.forget()
        here.leaves(alice)


def ice_restart(here):
    """Of a call to a phone and of a phone: other credentials on both ends, and the relay goes over to the browser's new port."""
    alice, desk = here.browser(kind=SipJsPhone), here.desk()

    def credentials():
        return [alice.page.evaluate(f"phone.connection.{side}Description.sdp.match(/a=ice-ufrag:(.*)/)[1]") for side in ("local", "remote")]
    for caller_is_browser in (True, False):
        browser_calls(alice, desk) if caller_is_browser else desk_calls(desk, alice)
        hear_each_other(alice, desk)
        before, address = credentials(), browser_addresses(here.server)
        alice.restart_ice()
        after = credentials()
        if any(one == other for one, other in zip(before, after)):
            raise Failure(f"ICE did not start again: {before} {after}")
        wait_until(lambda: browser_addresses(here.server) != address, 8, "the relay keeps to the former port")
        still_hear_each_other(alice, desk)
        alice.hang_up()
        ended(desk)
        alice.idle()
        desk.forget()


def browsers_through_the_relay(here):
    """Browsers, too, where the script wants that: picture and sound pass the relay, decrypted and encrypted anew."""
    alice, bob = here.browser(kind=SipJsPhone), here.browser(BOB)
    alice.dial("bob", video=True)
    bob.ringing()
    bob.answer(video=True)
    alice.talking()
    bob.talking()
    alice.hears(bob.tone)
    bob.hears(alice.tone)
    alice.sees()
    bob.sees()
    shown = here.server.json("media", "show", here.server.json("media", "list")[0])["streams"]
    if not shown or not all(one["security"].startswith("DTLS") and one["packets"] > 0 for one in shown):
        raise Failure(f"the relay has {shown}")
    alice.hang_up()
    alice.idle()
    bob.idle()


def description_among_others(here):
    """A gateway's INVITE has the description as one of two parts (RFC 5621); the relay is in between, and the other part stays."""
    isup = "--edge\r\nContent-Type: application/ISUP\r\nContent-Disposition: signal;handling=optional\r\n\r\nIAM\r\n"
    with SipPhone("carol", here.server, 620) as gateway, Sound(620) as its_sound, played(here) as (phone, sound):
        body = f"{isup}--edge\r\nContent-Type: application/sdp\r\n\r\n{its_sound.description()}\r\n--edge--\r\n"
        gateway.calls("dora", body, content_type="multipart/mixed;boundary=edge")
        invite = phone.expect("INVITE")
        if not invite.body.startswith(isup) or not invite["Content-Type"].startswith("multipart/mixed") or f"m=audio {its_sound.port} " in invite.body:
            raise Failure(f"not the other part as it was and the description through the relay: {invite.text()}")
        sound.sends_to(invite.body)
        phone.respond(invite, 200, sound.description())
        answered = gateway.expect(200, "INVITE")
        its_sound.sends_to(answered.body)
        gateway.acknowledge(gateway.dialog_of(answered))
        phone.expect("ACK")
        sound.hears(620)
        its_sound.hears(PLAYED_TONE)
        phone.request(phone.dialog_of(invite), "BYE")
        gateway.respond(gateway.expect("BYE"), 200)
        phone.expect(200, "BYE")


SCENARIOS = [
    ("a browser transfers a phone to another browser", browser_transfers_phone),
    ("a phone transfers a browser to another phone", phone_transfers_browser),
    ("a tone is heard before the answer", early_media),
    ("a phone's offer in a reliable 183, the browser's answer in PRACK", offer_in_a_reliable_183),
    ("INVITE and re-INVITE without an offer", late_offers),
    ("UPDATE with an offer", update),
    ("digits both ways", digits),
    ("video offered to a phone", video_offered_to_a_phone),
    ("a restart of ICE", ice_restart),
]

# With a script that relays what would reach each other, too.
ALWAYS = [
    ("browsers see each other through the relay", browsers_through_the_relay),
    ("a description in a multipart body", description_among_others),
]

# Where offers and answers come in unusual messages, the other relay is asked as well.
WITH_RTPENGINE = (offer_in_a_reliable_183, update)


def tests(folder):
    for relay in relays_to_test():
        for name, run in SCENARIOS:
            if relay is not Rtpengine or run in WITH_RTPENGINE:
                yield f"{relay.name}: {name}", scenario(relay, Viaduct, run)
    script = folder / "always.lua"
    script.write_text((ROOT / "scripts/main.lua").read_text().replace("media.bridge(req)", "media.bridge(req, { always = true })"))
    for name, run in ALWAYS:
        yield name, scenario(OwnRelay, Viaduct, run, script=script)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="viaduct-calls-") as temporary, browsers(pathlib.Path(temporary)):
        status = run_tests(list(tests(pathlib.Path(temporary))))
    sys.exit(status)
