#!/usr/bin/env python3
"""A browser in an office network of its own calls desk phones through what networks are like: no UDP, only IPv6, an address that changes.

The browser (Chromium), the phones (baresip), the TURN server (coturn) and the network are real; every sound is verified by frequency analysis.
"""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys
import tempfile

from browser_phones import SipJsPhone, WebPhone
from coturn import Coturn
from media_town import ALICE, Town, Viaduct, browser_addresses, browser_calls, browsers, desk_calls, ended, hear_each_other, still_hear_each_other
from office import ELSEWHERE, HOME, HOME_IPV6, WORLD, WORLD_IPV6, Office, in_a_world_of_its_own
from relays import OwnRelay
from support import Failure, run_tests, wait_until


class WorldRelay(OwnRelay):
    addresses = (WORLD, WORLD_IPV6)


def town(folder):
    return Town(folder, WorldRelay, Viaduct, address=WORLD, ipv6=WORLD_IPV6, web_hosts=(WORLD, f"[{WORLD_IPV6}]"))


def call_both_ways(alice, desk, during=lambda: None):
    """One call from each side; each ends one."""
    browser_calls(alice, desk)
    hear_each_other(alice, desk)
    during()
    desk.hang_up()
    alice.idle()
    desk.forget()
    desk_calls(desk, alice)
    hear_each_other(alice, desk)
    during()
    alice.hang_up()
    ended(desk)
    alice.idle()


def without_udp(office, kind, tls):
    def test(folder):
        office.moves_to(HOME)
        office.lets_udp_pass(False)
        with Coturn(folder / "coturn", WORLD) as coturn, town(folder) as here:
            alice, desk = here.browser(kind=kind, ice_servers=[coturn.ice_server(tls)]), here.desk()

            def through_turn():
                addresses = browser_addresses(here.server)
                if not addresses or not all(coturn.relays(*one) for one in addresses):
                    raise Failure(f"the relay talks to {addresses}, not to the TURN server")
            call_both_ways(alice, desk, through_turn)
    return test


def over(office, browser_address, desk_address):
    def test(folder):
        office.moves_to(browser_address)
        office.lets_udp_pass(True)
        with town(folder) as here:
            host = f"[{desk_address}]" if ":" in desk_address else desk_address
            place = here.server.at(f"[{WORLD_IPV6}]" if ":" in browser_address else WORLD)
            alice, desk = here.browser(place=place), here.desk(address=desk_address, proxy_host=host)
            call_both_ways(alice, desk)
    return test


def address_changes(office):
    """The office is unplugged during a call and plugged in elsewhere: the page registers again from its new address, restarts ICE, and both hear
    each other."""
    def test(folder):
        office.moves_to(HOME)
        office.lets_udp_pass(True)
        with town(folder) as here:
            alice, desk = here.browser(), here.desk(seconds=90)
            browser_calls(alice, desk)
            hear_each_other(alice, desk)
            with office.unplugged():
                alice.page.wait_for("!navigator.onLine", what="the browser does not see that it has no network")
            office.moves_to(ELSEWHERE)
            wait_until(lambda: [host for host, _ in browser_addresses(here.server)] == [ELSEWHERE], 40,
                       lambda: f"the relay still talks to {browser_addresses(here.server)}")
            still_hear_each_other(alice, desk)
            desk.hang_up()  # which must reach the browser by its new connection
            alice.idle()
            alice.page.wait_for("!document.getElementById('problem').textContent", what=lambda: alice.page.text("#problem"))
    return test


def tests(office):
    yield "no UDP: the web phone through TURN over TCP", without_udp(office, WebPhone, tls=False)
    yield "no UDP: SIP.js through TURN over TLS", without_udp(office, SipJsPhone, tls=True)
    yield "an IPv6 browser and an IPv4 phone", over(office, HOME_IPV6, WORLD)
    yield "an IPv6 browser and an IPv6 phone", over(office, HOME_IPV6, WORLD_IPV6)
    yield "a browser's address changes during a call", address_changes(office)


if __name__ == "__main__":
    in_a_world_of_its_own()
    with tempfile.TemporaryDirectory(prefix="viaduct-network-") as name, Office() as outside:
        with browsers(pathlib.Path(name), [ALICE], outside.inside):
            status = run_tests(list(tests(outside)))
    sys.exit(status)
