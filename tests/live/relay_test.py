#!/usr/bin/env python3
"""The media relay alone, driven by ng over UDP and TCP: media flows, strangers change nothing, and nothing is left behind."""
# SPDX-License-Identifier: Apache-2.0
import os
import random
import socket
import sys
import time

from relay_peers import Ng, Party, Relay, address_in, connect, decode, description, encode
from support import Failure, run_tests, wait_until


def expect(condition, what):
    if not condition:
        raise Failure(what)


def media_flows(folder):
    with Relay(folder) as relay:
        ng = Ng(relay.ng_port)
        expect(ng.command("ping")["result"] == "pong", "no pong")
        a, b = Party(), Party(ssrc=0x2000)
        connect(ng, "flows", a, b)
        for fill in (b"1", b"2", b"3"):
            expect(b.gets(a.send(fill)) == b.to, "the packet comes from elsewhere than our description says")
            expect(a.gets(b.send(fill)) == a.to, "the packet comes from elsewhere than our description says")
        shown = relay.json("media", "show", "flows")
        expect([one["packets"] for one in shown["streams"]] == [3, 3], f"{shown}")
        expect(relay.json("media", "list") == ["flows"], "media list")
        expect("PCMU" not in relay.viactl("media", "show", "flows").stdout, "a table for people")
        figures = ng.ok("query", call_id="flows")
        expect(figures["totals"]["RTP"]["packets"] == 6, f"{figures}")
        ng.ok("delete", call_id="flows", from_tag="a")
        expect(relay.is_empty(), f"{relay.stats()}")
        expect(relay.viactl("media", "show", "flows", check=False).returncode == 1, "a call that is gone is shown")


def families_meet(folder):
    with Relay(folder) as relay:
        ng = Ng(relay.ng_port)
        a, b = Party("127.0.0.1"), Party("::1", ssrc=0x2000)
        to_b, to_a = connect(ng, "families", a, b, offer={"address_family": "IP6"})
        expect(b.to[0] == "::1" and a.to[0] == "127.0.0.1", f"{to_b}{to_a}")
        b.gets(a.send(b"4"))
        a.gets(b.send(b"6"))


def rtcp_has_its_ports(folder):
    with Relay(folder) as relay:
        ng = Ng(relay.ng_port)
        a, b = Party(), Party(ssrc=0x2000)
        a_rtcp, b_rtcp = Party(), Party()
        to_b = ng.ok("offer", call_id="rtcp", from_tag="a", sdp=description(a.port, more=f"a=rtcp:{a_rtcp.port}\r\n"))["sdp"]
        to_a = ng.ok("answer", call_id="rtcp", from_tag="a", to_tag="b", sdp=description(b.port, more=f"a=rtcp:{b_rtcp.port}\r\n"))["sdp"]
        host, port = address_in(to_a)
        expect(f"a=rtcp:{port + 1}" in to_a and f"a=rtcp:{address_in(to_b)[1] + 1}" in to_b, "RTCP is not one port up")
        report = bytes.fromhex("80c90001") + (0x1000).to_bytes(4, "big")
        a_rtcp.socket.sendto(report, (host, port + 1))
        b_rtcp.gets(report)


def strangers_change_nothing(folder):
    with Relay(folder, 'learning_time = "500ms"') as relay:
        ng = Ng(relay.ng_port)
        a, b, stranger = Party(), Party(ssrc=0x2000), Party("127.0.0.9", ssrc=0x3000)
        connect(ng, "strangers", a, b)
        b.gets(a.send(b"1"))
        a.gets(b.send(b"1"))
        time.sleep(0.6)
        for _ in range(50):
            stranger.send(b"x", a.to)
            stranger.send(b"x", b.to)
        expect(a.gets(b.send(b"2")) and b.gets(a.send(b"2")), "media goes on")
        stranger.hears_nothing()
        a.hears_nothing()
        b.hears_nothing()
        wait_until(lambda: relay.stats()["dropped"]["wrong_source"] == 100, 3, lambda: f"{relay.stats()['dropped']}")


def a_phone_behind_nat_is_found_by_its_packets(folder):
    with Relay(folder) as relay:
        ng = Ng(relay.ng_port)
        a, b = Party(), Party(ssrc=0x2000)
        ng.ok("offer", call_id="nat", from_tag="a", sdp=description(9, "192.0.2.77"))
        answer = ng.ok("answer", call_id="nat", from_tag="a", to_tag="b", sdp=description(b.port))
        a.to = address_in(answer["sdp"])
        b.gets(a.send(b"1"))
        b.to = address_in(ng.ok("offer", call_id="nat", from_tag="a", to_tag="b", sdp=description(9, "192.0.2.77"))["sdp"])
        a.gets(b.send(b"2"))


def ng_is_for_allowed_addresses(folder):
    with Relay(folder) as relay:
        stranger = Ng(relay.ng_port, "127.0.0.2")
        stranger.send(stranger.cookie() + b" " + encode({"command": "ping"}))
        expect(stranger.receive(0.5) is None, "a stranger got an answer")
        connection = socket.create_connection(("127.0.0.1", relay.ng_tcp_port), 5, source_address=("127.0.0.2", 0))
        connection.settimeout(5)
        expect(connection.recv(100) == b"", "a stranger's connection stays open")
        expect(Ng(relay.ng_port).command("ping")["result"] == "pong", "the allowed one is not answered")
        strangers = [one["value"] for one in relay.json("rpc", "server.stats")["counters"] if one["labels"] == 'outcome="stranger"']
        expect(strangers == [2], f"{strangers}")


def ng_over_tcp(folder):
    with Relay(folder) as relay, socket.create_connection(("127.0.0.1", relay.ng_tcp_port), 5) as connection:
        commands = b"".join(b"t%d " % n + encode({"command": "ping"}) for n in range(3))
        for piece in (commands[:7], commands[7:40], commands[40:]):
            connection.sendall(piece)
            time.sleep(0.05)
        answer = b""
        while len(answer) < 3 * len(b"t0 d6:result4:ponge"):
            answer += connection.recv(1000)
        expect(answer == b"".join(b"t%d d6:result4:ponge" % n for n in range(3)), f"{answer!r}")
        connection.sendall(b"t9 nonsense")
        expect(connection.recv(100) == b"", "nonsense does not end the connection")


def a_repeated_command_is_done_once(folder):
    with Relay(folder) as relay:
        ng = Ng(relay.ng_port)
        command = ng.cookie() + b" " + encode({"command": "offer", "call-id": "again", "from-tag": "a", "sdp": description(4000)})
        replies = set()
        for _ in range(5):
            ng.send(command)
            replies.add(ng.receive())
        expect(len(replies) == 1 and None not in replies, f"{len(replies)} different replies")
        expect(relay.stats()["ports_in_use"] == 1, f"{relay.stats()}")
        expect(relay.counter("viaduct_media_relay_calls_total") == 1, "done more than once")


def malformed_commands_get_an_error(folder):
    with Relay(folder) as relay:
        ng = Ng(relay.ng_port)
        for body in (b"", b"d", b"i3e", b"d7:command", b"d7:command5:offere", b"l" * 60000, encode({"command": "dance", "call-id": "x"}),
                     encode({"command": "offer", "call-id": "x", "from-tag": "a", "sdp": "v=1"}), encode({"command": 3})):
            cookie = ng.cookie()
            ng.send(cookie + b" " + body)
            reply = decode(ng.receive()[len(cookie) + 1:])
            expect(reply["result"] == "error" and reply["error-reason"], f"{body[:40]} -> {reply}")
        noise = random.Random(7)
        for _ in range(500):
            ng.send(noise.randbytes(noise.randrange(1, 1400)))
        wait_until(lambda: Ng(relay.ng_port).command("ping")["result"] == "pong", 5, "no pong after noise")
        expect(relay.is_empty(), f"{relay.stats()}")
        ng = Ng(relay.ng_port)  # noise with a space in it was answered, too
        ng.ok("offer", call_id="flags", from_tag="a", sdp=description(4000), flags=["never-heard-of-it"])
        wait_until(lambda: relay.counter("viaduct_media_relay_unknown_flags_total") == 1, 3, "unknown flags are not counted")


def blocked_and_silenced_media(folder):
    with Relay(folder) as relay:
        ng = Ng(relay.ng_port)
        a, b = Party(), Party(ssrc=0x2000)
        connect(ng, "quiet", a, b)
        b.gets(a.send(b"1"))
        ng.ok("block media", call_id="quiet", from_tag="a")
        a.send(b"2")
        b.hears_nothing()
        a.gets(b.send(b"3"))
        ng.ok("unblock media", call_id="quiet", from_tag="a")
        ng.ok("silence media", call_id="quiet", all="all")
        sent = a.send(b"4")
        b.gets(sent[:12] + b"\xff" * 160)
        ng.ok("unsilence media", call_id="quiet", all="all")
        b.gets(a.send(b"5"))


def silent_and_unanswered_calls_end(folder):
    with Relay(folder, 'silence_timeout = "2s"\nunanswered_timeout = "2s"\none_way_after = "500ms"') as relay:
        ng = Ng(relay.ng_port)
        a, b = Party(), Party(ssrc=0x2000)
        connect(ng, "silent", a, b)
        ng.ok("offer", call_id="unanswered", from_tag="a", sdp=description(4000))
        for _ in range(9):
            a.send(b"1")
            time.sleep(0.4)
        expect(relay.json("media", "list") == ["silent"], "the call with media is to live, the unanswered one not")
        wait_until(relay.is_empty, 6, lambda: f"{relay.stats()}")
        log = relay.log_tail()
        expect("silent: media comes only from a" in log, log)
        expect("silent: no packet from anybody for 2 s" in log and "unanswered: no answer for 2 s" in log, log)


def a_deleted_call_goes_on_for_its_delay(folder):
    with Relay(folder) as relay:
        ng = Ng(relay.ng_port)
        a, b = Party(), Party(ssrc=0x2000)
        connect(ng, "delayed", a, b)
        ng.ok("delete", call_id="delayed", from_tag="a", delete_delay=2)
        b.gets(a.send(b"1"))
        wait_until(relay.is_empty, 5, lambda: f"{relay.stats()}")


def killed_by_hand(folder):
    with Relay(folder) as relay:
        ng = Ng(relay.ng_port)
        connect(ng, "killed", Party(), Party())
        expect(relay.json("media", "kill", "killed") == {"killed": "killed"}, "media kill")
        wait_until(relay.is_empty, 3, lambda: f"{relay.stats()}")
        expect(relay.viactl("media", "kill", "killed", check=False).returncode == 1, "killed twice")


def nothing_leaks_in_ten_thousand_calls(folder):
    """Set-ups that end in every way a call can end, also in none."""
    with Relay(folder) as relay:
        ng, chance = Ng(relay.ng_port), random.Random(20)
        secure = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n"
        open_calls = set()
        for number in range(10_000):
            call = {"call_id": f"leak{number}", "from_tag": "a"}
            fate = chance.randrange(10)
            more = secure if number % 50 == 0 else "m=video 5000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n" if fate == 9 else ""
            ng.command("offer", sdp=description(4000, more=more) if fate != 0 else "v=0\r\nbroken", **call)
            if fate in (1, 2):
                ng.command("offer", sdp=description(4000), via_branch=f"b{fate}", **call)
            if fate >= 3:
                formats = "18" if fate == 3 else "0"
                ng.command("answer", to_tag="b", sdp=description(5000, formats=formats), **call)
            if fate == 5:
                ng.command("offer", call_id=call["call_id"], from_tag="b", to_tag="a", sdp=description(5002))
            open_calls.add(number)
            if fate != 4:
                ng.command("delete", **call)
                open_calls.discard(number)
            while len(open_calls) > 200:
                ng.command("delete", call_id=f"leak{open_calls.pop()}", from_tag="a", to_tag="b")
        for number in open_calls:
            ng.command("delete", call_id=f"leak{number}", from_tag="a")
        expect(relay.is_empty(), f"{relay.stats()}")
        descriptors = len(os.listdir(f"/proc/{relay.process.pid}/fd"))
        expect(descriptors < 60, f"{descriptors} descriptors are open")


TESTS = [
    ("media flows both ways, from where the descriptions say", media_flows),
    ("an IPv4 phone and an IPv6 phone hear each other", families_meet),
    ("RTCP has ports of its own", rtcp_has_its_ports),
    ("a stranger's packets never take a call over", strangers_change_nothing),
    ("a phone behind NAT is found by its packets", a_phone_behind_nat_is_found_by_its_packets),
    ("ng obeys allowed addresses only", ng_is_for_allowed_addresses),
    ("ng over TCP, in pieces and several at once", ng_over_tcp),
    ("a repeated command is done once", a_repeated_command_is_done_once),
    ("malformed commands get an error", malformed_commands_get_an_error),
    ("media is blocked and silenced by order", blocked_and_silenced_media),
    ("silent and unanswered calls end, one-way media is said", silent_and_unanswered_calls_end),
    ("a deleted call goes on for its delay", a_deleted_call_goes_on_for_its_delay),
    ("media ends by hand", killed_by_hand),
    ("nothing leaks in ten thousand calls", nothing_leaks_in_ten_thousand_calls),
]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
