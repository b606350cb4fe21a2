#!/usr/bin/env python3
"""Real browsers and the media relay alone: ICE, DTLS-SRTP and bundle on one side, plain RTP on the other, by ng."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import http.server
import json
import sys
import threading
import time

from chromium import Chromium
from relay_peers import Ng, Party, Relay, address_in, description
from support import Failure, run_tests, wait_until, write_tone

PAGE = b"""<!doctype html><script>
let peer, player = new Audio();
async function begin(video) {
  const media = await navigator.mediaDevices.getUserMedia({audio: true, video});
  peer = new RTCPeerConnection();
  peer.ontrack = event => { player.srcObject = event.streams[0] || new MediaStream([event.track]); player.play(); };
  for (const track of media.getTracks()) peer.addTrack(track, media);
}
async function described() {
  if (peer.iceGatheringState !== "complete")
    await new Promise(done => peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && done());
  return peer.localDescription.sdp;
}
async function offer(restart) { await peer.setLocalDescription(await peer.createOffer({iceRestart: restart})); return described(); }
async function answer(sdp) { await peer.setRemoteDescription({type: "offer", sdp}); await peer.setLocalDescription(); return described(); }
async function accept(sdp) { await peer.setRemoteDescription({type: "answer", sdp}); return peer.signalingState; }
async function heard() {
  const figures = {connection: peer.connectionState, audio: 0, energy: 0, frames: 0, sent: 0};
  for (const one of (await peer.getStats()).values()) {
    if (one.type === "inbound-rtp" && one.kind === "audio") { figures.audio = one.packetsReceived; figures.energy = one.totalAudioEnergy; }
    if (one.type === "inbound-rtp" && one.kind === "video") figures.frames = one.framesDecoded;
    if (one.type === "outbound-rtp" && one.kind === "audio") figures.sent = one.packetsSent;
  }
  return JSON.stringify(figures);
}
</script>"""
TO_PHONE = {"ICE": "remove", "transport_protocol": "RTP/AVP", "rtcp_mux": ["demux"], "DTLS": "off", "SDES": ["off"],
            "replace": ["origin", "session-connection"], "flags": ["trust-address"]}
TO_BROWSER = {"ICE": "force", "transport_protocol": "UDP/TLS/RTP/SAVPF", "rtcp_mux": ["offer"], "DTLS": "passive", "SDES": ["off"],
              "replace": ["origin", "session-connection"], "flags": ["trust-address", "generate-mid"]}
TONE = bytes(0x80 | n % 32 for n in range(160))  # a rough wave in PCMU: loud, and never the same twice in a row


@contextlib.contextmanager
def pages(folder, count):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    write_tone(folder / "microphone.wav", 440)
    with Chromium(folder / "chromium", tone=folder / "microphone.wav") as browser:
        yield [browser.open(f"http://127.0.0.1:{server.server_address[1]}/", context=browser.context()) for _ in range(count)]
    server.shutdown()


def call(page, function, *arguments):
    return page.evaluate(f"{function}({', '.join(json.dumps(one) for one in arguments)})", seconds=20)


def figures(page):
    return json.loads(call(page, "heard"))


class Phone(Party):
    """Speaks PCMU every 20 ms, and counts what it hears."""

    def __init__(self, address="127.0.0.1"):
        super().__init__(address, ssrc=0x5000)
        self.heard, self.last, self.stopped = 0, b"", threading.Event()

    def packet(self, fill):
        return super().packet(b"\0")[:12] + TONE

    def talk(self):
        def speak():
            while not self.stopped.wait(0.02):
                self.send(b"")

        def listen():
            while not self.stopped.is_set():
                data, source = self.receive(0.2)
                if data and source == self.to and data[1] & 0x7f == 0:
                    self.heard += 1
                    self.last = data[12:]

        for work in (speak, listen):
            threading.Thread(target=work, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopped.set()
        time.sleep(0.3)
        self.socket.close()


def both_hear(page, phone, seconds=12):
    before, heard = figures(page), phone.heard

    def hears():
        now = figures(page)
        return now["audio"] > before["audio"] + 20 and now["energy"] > before["energy"] and phone.heard > heard + 20
    wait_until(hears, seconds, lambda: f"page {figures(page)}, phone heard {phone.heard}")
    if len(set(phone.last)) < 8:
        raise Failure("the phone hears silence, not the browser's tone")


def browser_calls_phone(folder, address="127.0.0.1", offer_keys=None):
    with Relay(folder) as relay, pages(folder, 1) as (page,), Phone(address) as phone:
        ng = Ng(relay.ng_port)
        call(page, "begin", False)
        to_phone = ng.ok("offer", call_id="b2p", from_tag="a", sdp=call(page, "offer", False), **TO_PHONE, **(offer_keys or {}))["sdp"]
        phone.to = address_in(to_phone)
        to_page = ng.ok("answer", call_id="b2p", from_tag="a", to_tag="b", sdp=description(phone.port, address), ICE="force")["sdp"]
        call(page, "accept", to_page)
        phone.talk()
        both_hear(page, phone)
        shown = relay.json("media", "show", "b2p")["streams"]
        if not shown[0]["security"].startswith("DTLS ") or shown[1]["security"] != "plain":
            raise Failure(f"{shown}")
        # A restart of ICE: other credentials on both ends, the same DTLS association (RFC 8842 section 5.5).
        restarted = call(page, "offer", True)
        ng.ok("offer", call_id="b2p", from_tag="a", to_tag="b", sdp=restarted, **TO_PHONE)
        again = ng.ok("answer", call_id="b2p", from_tag="a", to_tag="b", sdp=description(phone.port, address), ICE="force")["sdp"]
        if _line(again, "a=ice-ufrag:") == _line(to_page, "a=ice-ufrag:") or _line(again, "a=setup:") != _line(to_page, "a=setup:"):
            raise Failure(f"{to_page}{again}")
        call(page, "accept", again)
        both_hear(page, phone)
        ng.ok("delete", call_id="b2p", from_tag="a")
        wait_until(relay.is_empty, 3, lambda: f"{relay.stats()}")


def _line(sdp, start):
    return [line for line in sdp.splitlines() if line.startswith(start)][0]


def phone_calls_browser(folder):
    with Relay(folder) as relay, pages(folder, 1) as (page,), Phone() as phone:
        ng = Ng(relay.ng_port)
        call(page, "begin", False)
        to_page = ng.ok("offer", call_id="p2b", from_tag="a", sdp=description(phone.port), **TO_BROWSER)["sdp"]
        answer = call(page, "answer", to_page)
        to_phone = ng.ok("answer", call_id="p2b", from_tag="a", to_tag="b", sdp=answer, ICE="remove")["sdp"]
        phone.to = address_in(to_phone)
        phone.talk()
        both_hear(page, phone)


def browser_to_ipv6_phone(folder):
    browser_calls_phone(folder, "::1", {"address_family": "IP6"})


def two_browsers_with_video(folder):
    with Relay(folder) as relay, pages(folder, 2) as (caller, callee):
        ng = Ng(relay.ng_port)
        call(caller, "begin", True)
        call(callee, "begin", True)
        to_callee = ng.ok("offer", call_id="b2b", from_tag="a", sdp=call(caller, "offer", False), ICE="force", flags=["trust-address"])["sdp"]
        answer = call(callee, "answer", to_callee)
        call(caller, "accept", ng.ok("answer", call_id="b2b", from_tag="a", to_tag="b", sdp=answer, ICE="force")["sdp"])

        def seen():
            return all(one["frames"] > 10 and one["audio"] > 20 for one in map(figures, (caller, callee)))
        wait_until(seen, 20, lambda: f"{figures(caller)} {figures(callee)}")
        if relay.stats()["transports"] != 2:
            raise Failure(f"{relay.stats()}")


TESTS = [
    ("a browser calls a phone, and restarts ICE", browser_calls_phone),
    ("a browser on IPv4 calls a phone on IPv6", browser_to_ipv6_phone),
    ("a phone calls a browser", phone_calls_browser),
    ("two browsers see and hear each other on one transport each", two_browsers_with_video),
]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
