"""What live tests share: a real server on loopback ports, real baresip phones, tones, and a runner that prints what failed.

Every test gets a folder of its own below the system's temporary one; only processes started here are stopped, by pid.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import glob
import json
import math
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import traceback
import wave

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("VIADUCT_BUILD", ROOT / "build"))
DOMAIN = "example.test"


class Failure(AssertionError):
    """An expectation that was not met; the text says what was seen instead."""


given_ports = set()


def free_port(family=socket.AF_INET, host="127.0.0.1"):
    """A port nobody holds now, free for UDP and TCP, and the one above it too (baresip takes port and port + 1); never the same twice."""
    for _ in range(200):
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.bind((host, 0))
            port = probe.getsockname()[1]
        if port > 60000 or given_ports & {port - 1, port, port + 1}:
            continue
        try:
            with contextlib.ExitStack() as stack:
                for number in (port, port + 1):
                    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                        stack.enter_context(socket.socket(family, kind)).bind((host, number))
            given_ports.update((port, port + 1))
            return port
        except OSError:
            continue
    raise Failure("no free port")


def wait_until(condition, seconds, what):
    """Polls until the condition holds; Failure naming `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"after {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.02)


def stop_process(process):
    """SIGSTOP, and waits until every thread stands: on a busy machine the others run on until one has taken the signal."""
    def stands(task):
        with contextlib.suppress(OSError):  # it has ended
            return task.read_text().rpartition(")")[2].split()[0] in "TtZX"
        return True

    process.send_signal(signal.SIGSTOP)
    wait_until(lambda: all(stands(task) for task in pathlib.Path(f"/proc/{process.pid}/task").glob("*/stat")), 20, f"{process.pid} does not stop")


class Server:
    """One `viaduct` with a configuration made from arguments. Use as a context manager."""

    def __init__(self, folder, script=None, modules=None, extra="", address="127.0.0.1", transports=("udp", "tcp"), port=None, workers=2):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.address = address
        self.port = port or free_port(family, address)
        self.host = f"[{address}]" if ":" in address else address
        self.config = self.folder / "viaduct.toml"
        script = script or ROOT / "scripts/main.lua"
        if modules is None:
            modules = ('[module.db_sqlite]\nfile = "viaduct.db"\ncreate = true\n[module.auth]\n[module.registrar]\n[module.options]\n'
                       '[module.nat]\nping = "none"\n[module.media]\n')
        listen = "".join(f'[[listen]]\ntransport = "{t}"\naddress = "{self.host}:{self.port}"\n' for t in transports)
        self.config.write_text(f'[server]\ndomains = ["{DOMAIN}", "{self.host}"]\nscript = "{script}"\ncontrol = "control.sock"\nworkers = {workers}\n'
                               f'{listen}\n{modules}\n{extra}\n')
        self.process = None
        self.log = self.folder / "viaduct.log"

    def start(self, wait=True):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([BUILD / "bin/viaduct", "--config", self.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if wait:
            wait_until(self.answers, 15, lambda: f"the server does not answer; its log ends:\n{self.log_tail()}")
        return self

    def answers(self):
        if self.process.poll() is not None:
            raise Failure(f"the server ended with {self.process.returncode}; its log ends:\n{self.log_tail()}")
        return self.viactl("ps", check=False).returncode == 0

    def stop(self, number=signal.SIGTERM, seconds=40):
        if self.process and self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise Failure(f"the server did not stop within {seconds} s") from None
        return self.process.returncode if self.process else None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *_):
        if kind is None:
            status = self.stop()
            if status != 0:
                raise Failure(f"the server ended with {status}; its log ends:\n{self.log_tail()}")
        elif self.process and self.process.poll() is None:
            self.kill()

    def viactl(self, *arguments, stdin="", check=True):
        result = subprocess.run([BUILD / "bin/viactl", "--config", self.config, *arguments], input=stdin, text=True, capture_output=True, timeout=60)
        if check and result.returncode != 0:
            raise Failure(f"viactl {' '.join(map(str, arguments))} ended with {result.returncode}: {result.stdout}{result.stderr}")
        return result

    def json(self, *arguments):
        return json.loads(self.viactl("--json", *arguments).stdout)

    def counter(self, name):
        """Sum of that counter over its label sets."""
        return sum(one["value"] for one in self.json("rpc", "server.stats")["counters"] if one["name"] == name)

    def add_user(self, user, password, domain=DOMAIN):
        self.viactl("add", f"{user}@{domain}", "--password-stdin", stdin=password + "\n")

    def log_tail(self, lines=25):
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else "(none)"


def write_tone(path, frequency, seconds=30, rate=8000):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(b"".join(struct.pack("<h", int(12000 * math.sin(2 * math.pi * frequency * n / rate))) for n in range(rate * seconds)))


def share_of_tone(samples, frequency):
    """How much of the sound's energy lies at that frequency, 0 to 1 (Goertzel); 0 when there is less than 0.3 s of sound."""
    loud = [n for n, sample in enumerate(samples) if abs(sample) > 1000]
    if not loud:
        return 0.0
    samples = samples[loud[0]:loud[-1]]
    if len(samples) < 2400:
        return 0.0
    samples = samples[:len(samples) // 80 * 80]  # whole periods of 100 Hz steps
    step = 2 * math.pi * frequency / 8000
    before = last = 0.0
    for sample in samples:
        last, before = sample + 2 * math.cos(step) * last - before, last
    power = last * last + before * before - 2 * math.cos(step) * last * before
    return 2 * power / (len(samples) * sum(sample * sample for sample in samples))


def tone_share(path, frequency, start=44):
    """The same of a recording from that byte on."""
    data = pathlib.Path(path).read_bytes()[start:]  # a file still being written has no valid length in its header
    return share_of_tone(struct.unpack(f"<{len(data) // 2}h", data[:len(data) // 2 * 2]), frequency)


class Baresip:
    """A real desk phone: baresip with a tone as its microphone and a recording as its loudspeaker."""

    count = 0

    def __init__(self, folder, user, server, password="secret", transport="udp", tone=440, answer="manual", register=True, address=None,
                 domain=DOMAIN, proxy_host=None, seconds=30):
        """`seconds`: how long its tone lasts; it hangs up when that ends."""
        Baresip.count += 1
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.user, self.server, self.tone = user, server, tone
        address = address or server.address
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.port = free_port(family, address)
        self.control_port = free_port()
        host = f"[{address}]" if ":" in address else address
        write_tone(self.folder / "microphone.wav", tone, seconds)
        rtp = 30000 + Baresip.count % 100 * 40
        (self.folder / "config").write_text(f"""poll_method epoll
sip_listen {host}:{self.port}
audio_source aufile,{self.folder}/microphone.wav
audio_player aubridge,{user}
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_txmode thread
rtp_ports {rtp}-{rtp + 38}
rtp_timeout 0
snd_path {self.folder}
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module aubridge.so
module sndfile.so
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{self.control_port}
""")
        proxy = f"sip:{proxy_host or server.host}:{server.port};transport={transport}"
        (self.folder / "accounts").write_text(
            f'<sip:{user}@{domain};transport={transport}>;auth_user={user};auth_pass={password};outbound="{proxy}";'
            f'regint={600 if register else 0};answermode={answer};audio_codecs=PCMU\n')
        (self.folder / "contacts").write_text("")
        self.process, self.events, self.stream, self.buffer = None, [], None, b""

    def __enter__(self):
        with open(self.folder / "output.txt", "wb") as output:
            self.process = subprocess.Popen(["baresip", "-f", self.folder], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT)
        self.stream = wait_until(self._connect, 10, lambda: f"baresip does not start: {self.output()}")
        self.stream.setblocking(False)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.stream.close()

    def _connect(self):
        try:
            return socket.create_connection(("127.0.0.1", self.control_port), 1)
        except OSError:
            return None

    def output(self):
        return (self.folder / "output.txt").read_text(errors="replace")[-3000:]

    def command(self, name, parameters=""):
        text = json.dumps({"command": name, "params": parameters, "token": "t"})
        self.stream.setblocking(True)
        self.stream.sendall(f"{len(text)}:{text},".encode())
        self.stream.setblocking(False)

    def _read(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                piece = self.stream.recv(65536)
                if not piece:
                    break
                self.buffer += piece
        while b":" in self.buffer:
            length, rest = self.buffer.split(b":", 1)
            size = int(length)
            if len(rest) < size + 1:
                break
            message = json.loads(rest[:size])
            self.buffer = rest[size + 1:]
            if message.get("event"):
                self.events.append(message)

    def expect(self, kind, seconds=10):
        """The first event of that type not taken yet; earlier ones of other types stay."""
        def find():
            self._read()
            for number, event in enumerate(self.events):
                if event["type"] == kind:
                    return self.events.pop(number)
            return None
        return wait_until(find, seconds, lambda: f"{self.user} saw no {kind}, but {[e['type'] + ' ' + str(e.get('param', '')) for e in self.events]}")

    def seen(self):
        """All events not taken yet."""
        self._read()
        return self.events

    def forget(self):
        self._read()
        self.events.clear()
        for file in glob.glob(f"{self.folder}/dump-*.wav"):
            os.unlink(file)

    def registered(self):
        """The event may have come before anybody listened, so the printed line decides."""
        wait_until(lambda: f"{self.user}@" in self.output() and "200 OK" in self.output(), 10,
                   lambda: f"{self.user} is not registered: {self.output()[-500:]}")
        return self

    def refused(self, status):
        wait_until(lambda: f" {status} " in self.output(), 10, lambda: f"{self.user} saw no {status}: {self.output()[-500:]}")

    def dial(self, uri):
        self.command("dial", uri)

    def answer(self):
        self.command("accept")

    def hang_up(self, scode=None):
        self.command("hangup", f"scode={scode}" if scode else "")

    def hears(self, frequency, seconds=12):
        """Most of what the loudspeaker played is that tone."""
        self._hears(frequency, seconds, {})

    def hears_on(self, frequency, seconds=12):
        """Most of what it plays from now on."""
        self._hears(frequency, seconds, {file: os.path.getsize(file) // 2 * 2 for file in self._recordings()})

    def _recordings(self):
        return glob.glob(f"{self.folder}/dump-*-dec.wav")

    def _hears(self, frequency, seconds, starts):
        def share():
            return max([tone_share(file, frequency, starts.get(file, 44)) for file in self._recordings()], default=0.0)
        wait_until(lambda: share() > 0.6, seconds, lambda: f"{self.user} does not hear {frequency} Hz; its share is {share():.2f}")


def run_tests(tests):
    """Runs (name, function(folder)) pairs; prints one line each and what failed; returns the exit status."""
    failed = 0
    wanted = sys.argv[1:]
    for name, test in tests:
        if wanted and not any(word in name for word in wanted):
            continue
        folder = tempfile.mkdtemp(prefix="viaduct-live-")
        started = time.monotonic()
        try:
            test(pathlib.Path(folder))
            print(f"ok      {name} ({time.monotonic() - started:.1f} s)", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
        except Exception as problem:  # every failure is reported, and the next test runs
            failed += 1
            print(f"FAILED  {name}: {problem}", flush=True)
            if not isinstance(problem, Failure):
                traceback.print_exc()
            print(f"        files are kept in {folder}", flush=True)
    return 1 if failed else 0
