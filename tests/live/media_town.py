"""What tests of media share: the people, a proxy with a relay, whoever a test wants to have there, and the steps of a call.

The browsers of the people serve all tests of a file; each test has its own server, relay and phones, and at its end the relay has no call left.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import dataclasses

from browser_phones import WebPhone
from chromium import Chromium, public_key_hash
from support import DOMAIN, Baresip, free_port, write_tone
from web_server import WebServer, certificate

MODULES = ('[module.db_sqlite]\nfile = "viaduct.db"\ncreate = true\n[module.auth]\n[module.registrar]\n[module.options]\n'
           '[module.nat]\nping = "none"\n[module.media]\n')


@dataclasses.dataclass
class Person:
    user: str
    tone: int
    browser: Chromium = None


ALICE, BOB = Person("alice", 440), Person("bob", 880)  # in browsers
DESK_TONE = 620


@contextlib.contextmanager
def browsers(folder, people=(ALICE, BOB), inside=()):
    """Each of them has a browser whose microphone plays his tone; `inside` goes before its command."""
    with contextlib.ExitStack() as stack:
        key = public_key_hash(certificate(folder).certificate)
        for person in people:
            tone = folder / f"{person.user}.wav"
            write_tone(tone, person.tone, seconds=10, rate=48000)
            person.browser = stack.enter_context(Chromium(folder / person.user, tone, [key], inside))
        yield


class Viaduct(WebServer):
    """The proxy of this project, with the tables of a relay."""

    name = "viaduct"

    def __init__(self, folder, relay, ipv6="::1", **options):
        port = free_port()
        on_ipv6 = f'[[listen]]\ntransport = "udp"\naddress = "[{ipv6}]:{port}"\n'
        super().__init__(folder, users=("alice", "bob", "carol", "dora"), modules=on_ipv6 + MODULES + relay.tables(), port=port, **options)
        relay.server = self


class Town:
    """A proxy with a relay, and whoever a test wants to have there."""

    def __init__(self, folder, relay, proxy, **options):
        self.folder, self.stack = folder, contextlib.ExitStack()
        self.relay = relay(folder / "relay")
        self.proxy = proxy
        self.options = options
        self.pages = []

    def __enter__(self):
        self.stack.enter_context(self.relay)
        self.server = self.stack.enter_context(self.proxy(self.folder / "server", self.relay, **self.options))
        return self

    def __exit__(self, kind, *rest):
        try:
            if kind is None:
                for phone in self.pages:
                    phone.page.healthy()
                self.relay.no_calls()
            else:
                print(f"        the server's log ends: {self.server.log_tail(8)}", flush=True)
        finally:
            for phone in self.pages:
                phone.page.close()
            self.stack.__exit__(kind, *rest)

    def browser(self, person=ALICE, kind=WebPhone, place=None, ice_servers=()):
        phone = kind(person, place or self.server)
        self.pages.append(phone)
        if ice_servers:
            phone.uses(*ice_servers)
        return phone.register()

    def leaves(self, phone):
        phone.page.healthy()
        phone.page.close()
        self.pages.remove(phone)

    def desk(self, user="carol", tone=DESK_TONE, **options):
        phone = self.stack.enter_context(Baresip(self.folder / f"desk-{user}-{Baresip.count}", user, self.server, tone=tone, **options))
        return phone.registered()


def ended(desk):
    desk.expect("CALL_CLOSED")


def hear_each_other(browser, desk):
    browser.hears(desk.tone)
    desk.hears(browser.tone)


def still_hear_each_other(browser, desk):
    """In a call that changed: what was heard before does not count."""
    browser.hears(desk.tone)
    desk.hears_on(browser.tone)


def browser_calls(browser, desk):
    browser.dial(desk.user)
    desk.expect("CALL_INCOMING")
    browser.hears_ringing()
    desk.answer()
    browser.talking()
    desk.expect("CALL_ESTABLISHED")


def desk_calls(desk, browser):
    desk.dial(f"sip:{browser.user}@{DOMAIN}")
    browser.ringing()
    browser.answer()
    browser.talking()
    desk.expect("CALL_ESTABLISHED")


def browser_addresses(server):
    """Where the relay sends the sound for browsers to, in all calls: (host, port)."""
    shown = [server.json("media", "show", call) for call in server.json("media", "list")]
    remote = [stream["remote"] for one in shown for stream in one["streams"] if stream["security"].startswith("DTLS")]
    return [(host.strip("[]"), int(port)) for host, _, port in (one.rpartition(":") for one in remote)]


def scenario(relay, proxy, run, **options):
    def test(folder):
        with Town(folder, relay, proxy, **options) as town:
            run(town)
    return test
