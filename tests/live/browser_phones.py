"""What a person does with the phones of the browser tests, and what he hears and sees: the web phone (JsSIP) and a bare page over SIP.js."""
# SPDX-License-Identifier: Apache-2.0
import json
import time

from support import DOMAIN, Failure

# The two strongest frequencies that come out of the remote stream, in Hz, or [] in silence. Over 100 ms.
PEAKS = """(async () => {
    const stream = document.getElementById('remote-sound').srcObject;
    if (!stream?.getAudioTracks().length) return [];
    window.ear ??= {};
    if (window.ear.stream !== stream) {
        const context = new AudioContext();
        const analyser = new AnalyserNode(context, { fftSize: 4096, smoothingTimeConstant: 0 });
        context.createMediaStreamSource(stream).connect(analyser);
        window.ear = { stream, context, analyser };
        await context.resume();
        await new Promise(resume => setTimeout(resume, 100));
    }
    const { context, analyser } = window.ear;
    const levels = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(levels);
    const peaks = [];
    for (let n = 4; n < levels.length - 1; n += 1) // from 47 Hz
        if (levels[n] > -60 && levels[n] >= levels[n - 1] && levels[n] > levels[n + 1]) peaks.push([levels[n], n]);
    return peaks.sort((a, b) => b[0] - a[0]).slice(0, 2).map(([, n]) => n * context.sampleRate / analyser.fftSize);
})()"""

# The level of the sound that is being played, 0 to 1 (webrtc-stats "audioLevel"), over the connections that were watched.
LEVEL = """(async () => {
    const levels = [0];
    for (const connection of window.connections)
        for (const report of (await connection.getStats()).values())
            if (report.type === 'inbound-rtp' && report.kind === 'audio') levels.push(report.audioLevel ?? 0);
    return Math.max(...levels);
})()"""

# Frames shown so far, when the picture is more than one colour; else 0.
FRAMES = """(() => {
    const video = document.getElementById('remote-video');
    if (!video.videoWidth) return 0;
    const canvas = Object.assign(document.createElement('canvas'), { width: 32, height: 24 });
    const context = canvas.getContext('2d');
    context.drawImage(video, 0, 0, 32, 24);
    const colours = new Set(new Uint32Array(context.getImageData(0, 0, 32, 24).data.buffer));
    return colours.size > 3 ? video.getVideoPlaybackQuality().totalVideoFrames : 0;
})()"""


class BrowserPhone:
    """A page with a phone in it, in the browser of one person: his tone is the browser's microphone."""

    def __init__(self, person, server, path, width=1280, height=800):
        self.person, self.server, self.user, self.tone = person, server, person.user, person.tone
        self.page = person.browser.open(f"{server.page}{path}", width=width, height=height)

    def uses(self, *ice_servers):
        """These STUN and TURN servers, from the next call on, whatever its library says."""
        self.page.evaluate(f"""window.RTCPeerConnection = class extends RTCPeerConnection {{
            constructor(configuration, ...rest) {{ super({{ ...configuration, iceServers: {json.dumps(ice_servers)} }}, ...rest); }}
        }}; 0""")

    def watch_connections(self):
        """For plays_sound(), before the call."""
        self.page.evaluate("""window.connections = []; window.RTCPeerConnection = class extends RTCPeerConnection {
            constructor(...all) { super(...all); window.connections.push(this); }
        }; 0""")

    def plays_sound(self, seconds=10):
        """What the other side says comes out of the speaker. hears() tells which tone it is, by WebAudio, to which Chromium gives nothing
        of a track any more once an offer of the called side was rolled back; it plays the track all the same."""
        end = time.monotonic() + seconds
        while self.page.evaluate(LEVEL) < 0.01:
            if time.monotonic() > end:
                raise Failure(f"{self.user} plays no sound")
            time.sleep(0.05)

    def _peaks(self):
        return self.page.evaluate(PEAKS)

    def hears(self, frequency, seconds=10):
        """That tone is the strongest of what comes from the other side."""
        self._until(lambda peaks: peaks and abs(peaks[0] - frequency) < 15, seconds, f"{frequency} Hz")

    def hears_both(self, low, high, seconds=5):
        """The two tones of a DTMF digit (ITU-T Q.23) are the strongest."""
        self._until(lambda peaks: len(peaks) == 2 and abs(min(peaks) - low) < 20 and abs(max(peaks) - high) < 20, seconds, f"{low} and {high} Hz")

    def hears_nothing(self, seconds=8):
        self._until(lambda peaks: not peaks, seconds, "silence")

    def _until(self, condition, seconds, what):
        end, seen = time.monotonic() + seconds, []
        while time.monotonic() < end:
            peaks = self._peaks()
            if condition(peaks):
                return
            if peaks not in seen:
                seen.append(peaks)
            time.sleep(0.03)
        raise Failure(f"{self.user} does not hear {what} but {seen[-8:]}")

    def sees(self, seconds=10):
        """A moving picture: frames keep being decoded and shown, and they are no plain colour."""
        first = self.page.wait_for(FRAMES, seconds, f"{self.user} sees no picture")
        self.page.wait_for(f"{FRAMES} >= {first} + 5", seconds, f"the picture that {self.user} sees stands still")


class WebPhone(BrowserPhone):
    """The web phone, used by its buttons."""

    def __init__(self, person, server, **size):
        super().__init__(person, server, "/", **size)

    def register(self, password="secret", websocket=None, remember=False, wait=True):
        page = self.page
        page.wait_for("document.getElementById('account').checkVisibility()")
        page.type("#address", f"{self.user}@{DOMAIN}")
        page.type("#password", password)
        page.type("#name", self.user.title())
        page.evaluate(f"document.getElementById('server').value = {json.dumps(websocket or self.server.websocket)}")
        if remember:
            page.click("#remember")
        page.click("#submit-account")
        if wait:
            self.registered()
        return self

    def registered(self, seconds=10):
        self.page.wait_for("document.body.dataset.registration === 'registered'", seconds, lambda: f"{self.user} is not registered: "
                           f"{self.page.text('#registration')} {self.page.text('#problem')}")
        return self

    def dial(self, target, video=False):
        self.page.type("#target", target)
        self.page.click("#call-with-video" if video else "#call-audio")

    def is_now(self, state, seconds=10):
        """The call's state: none, calling, ringing, incoming, answering, talking."""
        self.page.wait_for(f"document.body.dataset.call === '{state}'", seconds, lambda: f"the call of {self.user} is not '{state}' but "
                           f"'{self.page.evaluate('document.body.dataset.call')}'; the page says: {self.page.text('#problem')}")

    def ringing(self):
        self.is_now("incoming")

    def hears_ringing(self):
        self.is_now("ringing")

    def talking(self):
        self.is_now("talking")

    def idle(self):
        self.is_now("none")

    def answer(self, video=False):
        self.page.click("#answer-with-video" if video else "#answer")

    def decline(self):
        self.page.click("#decline")

    def hang_up(self):
        self.page.click("#hang-up")

    def hold(self, on):
        self.page.wait_for(f"document.getElementById('hold').getAttribute('aria-pressed') === '{str(not on).lower()}'")
        self.page.click("#hold")

    def says(self, text, selector="#problem", seconds=10):
        self.page.wait_for(f"document.querySelector({json.dumps(selector)}).textContent.includes({json.dumps(text)})", seconds,
                           lambda: f"{self.user}'s page does not say '{text}' but '{self.page.text(selector)}'")


class SipJsPhone(BrowserPhone):
    """The bare page over SIP.js, used by its functions."""

    def __init__(self, person, server):
        super().__init__(person, server, "/sipjs/index.html")
        self.page.wait_for("window.phone !== undefined")

    def _do(self, call):
        self.page.evaluate(f"(async () => {{ await window.phone.{call}; }})()")

    def register(self, password="secret", websocket=None, wait=True):
        account = {"address": f"{self.user}@{DOMAIN}", "password": password, "server": websocket or self.server.websocket}
        self._do(f"register({json.dumps(account)})")
        if wait:
            self.page.wait_for("phone.registration === 'Registered'", 10, f"{self.user} is not registered over SIP.js")
        return self

    def refused(self, status):
        self.page.wait_for(f"phone.refused === {status}", 10, lambda: f"{self.user} was not refused with {status} but "
                           f"{self.page.evaluate('phone.refused')}")

    def dial(self, target, video=False, offer=True):
        self._do(f"dial({json.dumps(target)}, {json.dumps({'video': video, 'offer': offer})})")

    def is_now(self, state, seconds=10):
        self.page.wait_for(f"phone.call === '{state}'", seconds, lambda: f"the call of {self.user} is not '{state}' but '"
                           f"{self.page.evaluate('phone.call')}'")

    def ringing(self):
        self.is_now("Ringing")

    def hears_ringing(self):
        self.is_now("Establishing")

    def talking(self):
        self.is_now("Established")

    def idle(self):
        self.is_now("Terminated")

    def answer(self, video=False):
        self._do(f"answer({{ video: {json.dumps(video)} }})")

    def decline(self):
        self._do("decline()")

    def hang_up(self):
        self._do("hang_up()")

    def hold(self, on):
        self._do(f"hold({json.dumps(on)})")

    def transfer(self, target):
        self._do(f"transfer({json.dumps(target)})")

    def transferred(self):
        """The one it transferred says that the new call is answered (RFC 3515 section 2.4.5)."""
        self.page.wait_for("phone.transferred.includes(' 200 ')", 10, lambda: f"the last NOTIFY says '{self.page.evaluate('phone.transferred')}'")

    def digit(self, digit):
        self._do(f"digit({json.dumps(digit)})")

    def restart_ice(self):
        self._do("restart_ice()")
