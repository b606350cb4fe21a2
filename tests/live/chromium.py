"""A real Chromium without a screen, driven over its DevTools pipe: browsers with a tone as microphone, and pages in them.

A browser is one process with an empty profile in a folder of the test; each page lives in a context of its own (own storage) unless told
otherwise. What a page throws, logs as an error or has blocked by its Content-Security-Policy is kept, and ends the test that asks.
"""
# SPDX-License-Identifier: Apache-2.0
import base64
import json
import os
import pathlib
import select
import shutil
import subprocess
import time

from support import Failure

OPTIONS = """--headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage --no-first-run --disable-background-networking
--disable-component-update --disable-sync --disable-default-apps --disable-extensions --mute-audio
--use-fake-ui-for-media-stream --use-fake-device-for-media-stream --autoplay-policy=no-user-gesture-required
--disable-background-timer-throttling --disable-renderer-backgrounding --disable-backgrounding-occluded-windows
--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks,HttpsUpgrades,MediaRouter
--remote-debugging-pipe""".split()


def public_key_hash(certificate):
    """What --ignore-certificate-errors-spki-list wants: SHA-256 of the certificate's public key."""
    key = subprocess.run(["openssl", "x509", "-in", certificate, "-pubkey", "-noout"], capture_output=True, check=True).stdout
    der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "der"], input=key, capture_output=True, check=True).stdout
    digest = subprocess.run(["openssl", "dgst", "-sha256", "-binary"], input=der, capture_output=True, check=True).stdout
    return base64.b64encode(digest).decode()


class Chromium:
    """One browser. Its microphone plays `tone` (a WAV file) over and over; certificates with those keys are believed. `inside`: words before its
    command, which start it in another network, where loopback leads nowhere."""

    def __init__(self, folder, tone=None, trusted=(), inside=()):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.inside = inside
        loopback = [] if inside else ["--allow-loopback-in-peer-connection"]
        self.options = [*OPTIONS, *loopback, f"--user-data-dir={self.folder}/profile"]
        if tone:
            self.options.append(f"--use-file-for-fake-audio-capture={tone}")
        if trusted:
            self.options.append(f"--ignore-certificate-errors-spki-list={','.join(trusted)}")
        self.process, self.pages, self.answers, self.number, self.buffer = None, {}, {}, 0, b""

    def __enter__(self):
        from_browser, its_end = os.pipe()
        its_start, to_browser = os.pipe()
        # The pipe is file descriptors 3 and 4 of the browser; a shell puts them there.
        command = ["bash", "-c", f'exec "$0" "$@" 3<&{its_start} 4>&{its_end}', *self.inside, "chromium", *self.options]
        with open(self.folder / "chromium.log", "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=(its_start, its_end),
                                            env=dict(os.environ, HOME=str(self.folder)))
        os.close(its_start)
        os.close(its_end)
        self.input, self.output = to_browser, from_browser
        try:
            self.command("Browser.getVersion", seconds=120)
        except Failure as problem:
            self._end()
            raise Failure(f"Chromium does not start: {problem}; its log ends: {self._log()}") from None
        return self

    def __exit__(self, *_):
        try:
            self.command("Browser.close")
            self.process.wait(10)
        except (Failure, OSError, subprocess.TimeoutExpired):
            pass
        self._end()

    def _end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.input)
        os.close(self.output)
        shutil.rmtree(self.folder / "profile", ignore_errors=True)

    def _log(self):
        return (self.folder / "chromium.log").read_text(errors="replace")[-1500:]

    def command(self, method, parameters=None, session=None, seconds=20):
        """The answer of the browser; Failure when it says no or nothing."""
        self.number += 1
        number = self.number
        message = {"id": number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        os.write(self.input, json.dumps(message).encode() + b"\0")
        end = time.monotonic() + seconds
        while number not in self.answers:
            self.read(end - time.monotonic(), f"{method} has no answer after {seconds} s")
        answer = self.answers.pop(number)
        if "error" in answer:
            raise Failure(f"{method}: {answer['error'].get('message')}")
        return answer["result"]

    def read(self, seconds, what):
        if not select.select([self.output], [], [], max(seconds, 0))[0]:
            raise Failure(what)
        piece = os.read(self.output, 1 << 20)
        if not piece:
            raise Failure(f"Chromium ended; its log: {self._log()}")
        *messages, self.buffer = (self.buffer + piece).split(b"\0")
        for message in map(json.loads, messages):
            if "id" in message:
                self.answers[message["id"]] = message
            elif message.get("sessionId") in self.pages:
                self.pages[message["sessionId"]].heard(message["method"], message["params"])

    def context(self):
        return self.command("Target.createBrowserContext")["browserContextId"]

    def open(self, url, context=None, width=1280, height=800):
        return Page(self, url, context or self.context(), width, height)


class Page:
    def __init__(self, browser, url, context, width, height):
        self.browser, self.context, self.problems, self.loads = browser, context, [], 0
        self.target = browser.command("Target.createTarget", {"url": "about:blank", "browserContextId": context})["targetId"]
        self.session = browser.command("Target.attachToTarget", {"targetId": self.target, "flatten": True})["sessionId"]
        browser.pages[self.session] = self
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.command(f"{domain}.enable")
        self.size(width, height)
        self.go(url)

    def command(self, method, parameters=None, seconds=20):
        return self.browser.command(method, parameters, self.session, seconds)

    def heard(self, method, parameters):
        if method == "Page.loadEventFired":
            self.loads += 1
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error" and parameters["entry"]["source"] != "network":
            self.problems.append(parameters["entry"]["text"])

    def healthy(self):
        """Nothing was thrown, logged as an error, or blocked by policy so far."""
        self.evaluate("0")
        if self.problems:
            raise Failure(f"the page complains: {self.problems}")

    def _load(self, method, parameters=None):
        before = self.loads
        result = self.command(method, parameters)
        if result.get("errorText"):
            raise Failure(f"{parameters}: {result['errorText']}")
        end = time.monotonic() + 20
        while self.loads == before:
            self.browser.read(end - time.monotonic(), "the page did not load within 20 s")

    def go(self, url):
        self._load("Page.navigate", {"url": url})

    def reload(self):
        self._load("Page.reload")

    def close(self):
        self.browser.pages.pop(self.session, None)
        self.browser.command("Target.closeTarget", {"targetId": self.target})

    def size(self, width, height, mobile=False):
        self.command("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile})

    def evaluate(self, expression, seconds=20):
        """The value of a JavaScript expression; promises are awaited."""
        result = self.command("Runtime.evaluate", {"expression": expression, "awaitPromise": True, "returnByValue": True, "userGesture": True},
                              seconds)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise Failure(f"{expression[:120]}: {details.get('exception', {}).get('description') or details['text']}")
        return result["result"].get("value")

    def wait_for(self, expression, seconds=10, what=None):
        """The first true value of the expression."""
        end = time.monotonic() + seconds
        while True:
            value = self.evaluate(expression)
            if value:
                return value
            if time.monotonic() > end:
                raise Failure(f"after {seconds} s: {what() if callable(what) else what or expression}")
            time.sleep(0.05)

    def text(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")

    def visible(self, selector):
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.checkVisibility() ?? false")

    def click(self, selector):
        """Waits until a person could press it, and presses with the mouse."""
        place = self.wait_for(f"""(() => {{
            const element = document.querySelector({json.dumps(selector)});
            if (!element?.checkVisibility() || element.disabled) return null;
            element.scrollIntoView({{ block: 'center' }});
            const box = element.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }})()""", what=f"{selector} cannot be pressed")
        for kind in ("mousePressed", "mouseReleased"):
            self.command("Input.dispatchMouseEvent", {"type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1})

    def key(self, key, code=None, number=0):
        """One key as from a keyboard; a single character types itself."""
        text = key if len(key) == 1 else "\r" if key == "Enter" else ""
        event = {"key": key, "code": code or key, "windowsVirtualKeyCode": number or {"Enter": 13, "Tab": 9}.get(key, 0)}
        self.command("Input.dispatchKeyEvent", {"type": "keyDown" if text else "rawKeyDown", "text": text, **event})
        self.command("Input.dispatchKeyEvent", {"type": "keyUp", **event})

    def type(self, selector, text):
        self.evaluate(f"(() => {{ const field = document.querySelector({json.dumps(selector)}); field.focus(); field.select(); }})()")
        self.command("Input.insertText", {"text": text})

    def screenshot(self, path, width, height, dark=False):
        self.size(width, height, mobile=width < 500)
        self.command("Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        data = self.command("Page.captureScreenshot", {"format": "png"}, 30)["data"]
        pathlib.Path(path).write_bytes(base64.b64decode(data))
