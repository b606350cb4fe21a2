#!/usr/bin/env python3
"""viaduct.shared in a real Redis: nodes share counters and bans; a Redis that is stopped, killed or refuses harms nobody but who asks it."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import re
import socket
import subprocess
import sys
import time

from certificates import Authority
from redis import Redis
from support import BUILD, DOMAIN, Failure, Server, run_tests, wait_until

# Does what a request says, and answers what came of it.
SCRIPT = """
local shared = require "viaduct.shared"
local read = { boolean = function(text) return text == "true" end, integer = function(text) return tonumber(text) // 1 end,
               float = function(text) return tonumber(text) + 0.0 end, string = function(text) return text end }
local function said(...)
  local all = table.pack(...)
  for i = 1, all.n do all[i] = (math.type(all[i]) or type(all[i])) .. ":" .. tostring(all[i]) end
  return table.concat(all, " ")
end
local function run(word, key, value, ttl)
  if word == "ping" then return "pong" end
  if word == "count" then return shared.count() end
  if word == "get" or word == "delete" then return shared[word](key) end
  return shared[word](key, value, ttl)
end
function on_request(req)
  local kind, value, ttl = req:header("X-Kind"), req:header("X-Value"), req:header("X-Ttl")
  if kind then value = read[kind](value) end
  return req:response(200):header("X-Result", said(run(req.uri.user, req:header("X-Key"), value, ttl and tonumber(ttl))))
end
"""
OPERATORS_TEST = """
test("a counter begins again when its time is over", function(t)
  local alice = t:phone("alice")
  local function count()
    alice:sends("MESSAGE", "sip:incr@example.test", { ["X-Key"] = "n", ["X-Kind"] = "integer", ["X-Value"] = "1", ["X-Ttl"] = "60" })
    return alice:receives(200):header("X-Result")
  end
  t:equal(count(), "integer:1")
  t:equal(count(), "integer:2")
  t:advance(61)
  t:equal(count(), "integer:1")
end)
"""
DEADLINE = 1.0
KINDS = {bool: "boolean", int: "integer", float: "float", str: "string"}
AWAY = "nil:nil string:unavailable"


class Asker:
    """Lets a server's script use viaduct.shared, one request at a time or many."""

    count = 0

    def __init__(self, server):
        self.server = server
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((server.address, server.port))
        self.host, self.port = self.socket.getsockname()

    def close(self):
        self.socket.close()

    def send(self, word, key="k", value=None, ttl=None):
        Asker.count += 1
        extra = f"X-Key: {key}\r\n"
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else value
            extra += f"X-Kind: {KINDS[type(value)]}\r\nX-Value: {text}\r\n"
        if ttl is not None:
            extra += f"X-Ttl: {ttl}\r\n"
        self.socket.send((f"MESSAGE sip:{word}@{DOMAIN} SIP/2.0\r\nVia: SIP/2.0/UDP {self.host}:{self.port};rport;branch=z9hG4bK{Asker.count}\r\n"
                          f"Max-Forwards: 70\r\nFrom: <sip:alice@{DOMAIN}>;tag=a\r\nTo: <sip:{word}@{DOMAIN}>\r\nCall-ID: {Asker.count}@test\r\n"
                          f"CSeq: 1 MESSAGE\r\n{extra}Content-Length: 0\r\n\r\n").encode())

    def receive(self, seconds=5.0):
        """The next result."""
        self.socket.settimeout(seconds)
        while True:
            try:
                message = self.socket.recv(65536).decode()
            except TimeoutError:
                raise Failure(f"no answer; the log ends:\n{self.server.log_tail()}") from None
            if message.startswith("SIP/2.0 1"):
                continue
            found = re.search(r"^X-Result: (.*)\r$", message, re.MULTILINE)
            return found.group(1) if found else message.splitlines()[0]

    def ask(self, word, *arguments, **options):
        self.send(word, *arguments, **options)
        return self.receive()

    def timed(self, word, *arguments, **options):
        """(result, seconds it took)"""
        began = time.monotonic()
        return self.ask(word, *arguments, **options), time.monotonic() - began


def expect(seen, wanted, what=""):
    if seen != wanted:
        raise Failure(f"{what}: {seen!r} instead of {wanted!r}")


def expect_prompt(seconds, what):
    """Without waiting for Redis; the machine is shared, so most of them count."""
    if sorted(seconds)[len(seconds) // 2] > DEADLINE / 2:
        raise Failure(f"{what} took {sorted(seconds)[-5:]} s")


def made(folder, modules):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "ask.lua").write_text(SCRIPT)
    return Server(folder, script=folder / "ask.lua", modules=modules)


@contextlib.contextmanager
def node(folder, modules):
    """(server, asker)"""
    with made(folder, modules) as server, contextlib.closing(Asker(server)) as asker:
        yield server, asker


def settled(asker):
    """Until both workers are connected."""
    def connections():
        return next(one["value"] for one in asker.server.json("rpc", "server.stats")["gauges"] if one["name"] == "viaduct_redis_connections")
    wait_until(lambda: connections() == 2, 15,
               lambda: f"Redis is not used; the log ends:\n{asker.server.log_tail()}")


def log_lines(server, words):
    return [line for line in server.log.read_text(errors="replace").splitlines() if words in line]


def outcomes(server, outcome):
    return sum(one["value"] for one in server.json("rpc", "server.stats")["counters"]
               if one["name"] == "viaduct_redis_operations_total" and f'"{outcome}"' in str(one["labels"]))


def values_keep_their_type(folder):
    """What one node writes the other reads, as it was; people and other programs read and write it, too."""
    with Redis(folder / "redis") as redis, node(folder / "1", redis.module()) as (_, one), node(folder / "2", redis.module()) as (_, two):
        for value, seen, raw in ((True, "boolean:true", "b:true"), (False, "boolean:false", "b:false"), (7, "integer:7", "7"),
                                 (-9007199254740993, "integer:-9007199254740993", "-9007199254740993"), (0.5, "float:0.5", "f:0.5"),
                                 (2.0, "float:2.0", "f:2"), ("scanner", "string:scanner", "scanner"), ("42", "string:42", "s:42"),
                                 ("b:true", "string:b:true", "s:b:true")):
            expect(one.ask("set", "v", value), "boolean:true", f"set {value!r}")
            expect(two.ask("get", "v"), seen, f"get {value!r}")
            expect(redis.cli("GET", "viaduct:v"), raw, f"in Redis, {value!r}")
        redis.cli("SET", "viaduct:v", "12")
        expect(one.ask("incr", "v", 1), "integer:13", "a number written by hand")
        redis.cli("SET", "viaduct:v", "by hand")
        expect(one.ask("get", "v"), "string:by hand", "a text written by hand")
        expect(one.ask("incr", "v", 1), "nil:nil string:not an integer", "incr of a text")
        expect(one.ask("add", "v", 1), "nil:nil string:exists", "add of what is there")
        expect(two.ask("delete", "v"), "boolean:true", "delete")
        expect(two.ask("delete", "v"), "boolean:false", "delete again")
        expect(one.ask("get", "v"), "nil:nil", "after delete")
        expect(one.ask("add", "v", "first"), "boolean:true", "add")
        expect(one.ask("set", "v"), "boolean:true", "set nil")
        expect(one.ask("set", "long", "x" * 300), "boolean:true", "a long text")
        redis.cli("SET", "other:key", "1")
        expect(two.ask("count"), "integer:1", "count, without keys of others")
        redis.cli("LPUSH", "viaduct:list", "1")
        expect(one.ask("incr", "list", 1), "nil:nil string:not an integer", "incr of what is no value")
        expect(one.ask("get", "list"), AWAY, "get of what is no value")


def nodes_share_counters_and_bans(folder):
    """Two nodes count together without losing one; a time to live counts from the first; a ban holds on both and ends."""
    with Redis(folder / "redis") as redis, node(folder / "1", redis.module()) as (_, one), node(folder / "2", redis.module()) as (_, two):
        sums = []
        for _ in range(10):
            for asker in (one, two):
                for _ in range(20):
                    asker.send("incr", "calls", 1, 60)
            sums += [int(asker.receive().removeprefix("integer:")) for asker in (one, two) for _ in range(20)]
        expect(sorted(sums), list(range(1, 401)), "the sums of 400 calls")
        expect(one.ask("incr", "calls", -400), "integer:0", "down again")
        if not 50_000 < int(redis.cli("PTTL", "viaduct:calls")) <= 60_000:
            raise Failure(f"the counter lives for {redis.cli('PTTL', 'viaduct:calls')} ms")

        expect(one.ask("incr", "window", 1, 2), "integer:1")
        expect(one.ask("add", "ban", "scanner", 2), "boolean:true")
        began = time.monotonic()
        expect(two.ask("get", "ban"), "string:scanner", "the ban at the other node")
        expect(two.ask("add", "ban", "again", 60), "nil:nil string:exists")
        time.sleep(0.6)
        expect(two.ask("incr", "window", 1, 2), "integer:2", "within the window")
        if int(redis.cli("PTTL", "viaduct:window")) > 1400:
            raise Failure("the second incr made the window longer")
        wait_until(lambda: two.ask("get", "ban") == "nil:nil", 10, "the ban does not end")
        if time.monotonic() - began < 1.5:
            raise Failure(f"the ban ended after {time.monotonic() - began:.2f} s")
        expect(two.ask("incr", "window", 1, 60), "integer:1", "in the next window")


def stopped_redis(folder):
    """SIGSTOP: who asks Redis is told within the deadline, the others are served; it goes on by itself."""
    with Redis(folder / "redis") as redis, node(folder / "server", redis.module('connect_timeout = "500ms"', deadline="1s")) as (server, asker), \
            contextlib.closing(Asker(server)) as other:
        settled(asker)
        redis.pause()
        began = time.monotonic()
        for _ in range(40):
            asker.send("get", "k")
        pings = [other.timed("ping") for _ in range(20)]
        expect({result for result, _ in pings}, {"string:pong"})
        expect_prompt([seconds for _, seconds in pings], "requests that do not ask Redis")
        for _ in range(40):
            expect(asker.receive(), AWAY)
        if not DEADLINE - 0.2 < time.monotonic() - began < DEADLINE + 2:
            raise Failure(f"the answers took {time.monotonic() - began:.2f} s")
        late = [asker.timed("incr", "late", 1) for _ in range(20)]  # by now nobody waits in vain
        expect({result for result, _ in late}, {AWAY})
        expect_prompt([seconds for _, seconds in late], "answers during the outage")
        wait_until(lambda: log_lines(server, "connected, but no answer in time"), 10, lambda: server.log_tail())
        redis.resume()
        wait_until(lambda: asker.ask("set", "k", 1) == "boolean:true" and server.json("rpc", "server.stats") and
                   len(log_lines(server, "serves again")) == 1, 15, lambda: f"Redis is not used again: {server.log_tail()}")
        for words in ("no answer in time", "serves again"):
            expect(len(log_lines(server, words)), 1, f"log lines with '{words}'")
        if outcomes(server, "timeout") < 1 or outcomes(server, "unreachable") < 20 or server.counter("viaduct_redis_connections_lost_total") < 1:
            raise Failure(f"counters: {server.viactl('stats').stdout}")
        redis.pause()  # and a server that is told to end meanwhile ends
        asker.send("get", "k")
        began = time.monotonic()
        expect(server.stop(seconds=20), 0, "status at the end")
        if time.monotonic() - began > DEADLINE + 5:
            raise Failure(f"the server took {time.monotonic() - began:.1f} s to end")


def killed_redis(folder):
    """kill -9 and a new one; a server that starts without Redis; at most one log line for each change."""
    with Redis(folder / "redis") as redis:
        redis.kill()
        with node(folder / "server", redis.module()) as (server, asker):
            wait_until(lambda: log_lines(server, "Connection refused"), 10, lambda: server.log_tail())
            expect(asker.ask("get", "k"), AWAY, "without Redis")
            expect(asker.ask("ping"), "string:pong")
            redis.start()
            settled(asker)
            wait_until(lambda: log_lines(server, "serves again"), 10, lambda: server.log_tail())
            for _ in range(3):
                expect(asker.ask("set", "k", "kept"), "boolean:true")
                redis.kill()
                wait_until(lambda: asker.ask("get", "k") == AWAY, 10, "nobody noticed the end of Redis")
                result, seconds = asker.timed("get", "k")
                expect(result, AWAY)
                if seconds > 2:  # the deadline is longer
                    raise Failure(f"while Redis is gone an answer took {seconds:.2f} s")
                redis.start()
                settled(asker)
                expect(asker.ask("get", "k"), "nil:nil", "with a new Redis")
            wait_until(lambda: len(log_lines(server, "serves again")) == len(log_lines(server, "Connection refused")), 10, lambda: server.log_tail())
            if len(log_lines(server, "Connection refused")) > 4:
                raise Failure(f"more log lines than outages:\n{server.log_tail()}")


def passwords(folder):
    """The password of a file, a user of the access list with as few rights as the README says; wrong ones are named, not shown."""
    with Redis(folder / "redis", password="correct-horse") as redis:
        redis.cli("ACL", "SETUSER", "viaduct", "on", ">battery-staple", "resetkeys", "~viaduct:*", "resetchannels", "-@all", "+get", "+set", "+del",
                  "+eval", "+exists", "+incrby", "+pexpire", "+ping", "+dbsize", "+scan", "+select")
        for name, login, words in (("file", 'password_file = "redis.password"\ndatabase = 1', None),
                                   ("user", 'user = "viaduct"\npassword = "battery-staple"', None),
                                   ("wrong", 'password = "incorrect-horse"', 'answers AUTH with "WRONGPASS'),
                                   ("none", "", 'Authentication required.": it wants a password: set password_file'),
                                   ("database", 'password = "correct-horse"\ndatabase = 16', "answers SELECT")):
            (folder / name).mkdir()
            (folder / name / "redis.password").write_text("correct-horse\n")
            with node(folder / name, redis.module(login)) as (server, asker):
                if words is None:
                    settled(asker)
                    expect(asker.ask("incr", "n", 1, 60), "integer:1", name)
                    expect(asker.ask("add", "a", True, 60), "boolean:true", name)
                    expect(asker.ask("count"), "integer:2", name)
                    expect(asker.ask("delete", "n"), "boolean:true", name)
                else:
                    wait_until(lambda: log_lines(server, words), 10, lambda: server.log_tail())
                    expect(asker.ask("get", "k"), AWAY, name)
                if "horse" in server.log.read_text():
                    raise Failure(f"the log shows the password:\n{server.log_tail()}")
        redis.cli("ACL", "SETUSER", "viaduct", "-set")
        with node(folder / "less", redis.module('user = "viaduct"\npassword = "battery-staple"')) as (server, asker):
            settled(asker)
            for _ in range(3):
                expect(asker.ask("set", "k", 1), AWAY, "without the right to")
            expect(len(log_lines(server, "refuses an operation: NOPERM")), 1, "log lines about it")
            expect(outcomes(server, "refused"), 3, "counted")


def over_tls(folder):
    """Both sides show a certificate; whatever is wrong with one is told with what to do about it, and nothing goes out in the clear."""
    authority, stranger = Authority(folder / "ca"), Authority(folder / "other", "stranger")
    ours, key = authority.issue("node")
    theirs, their_key = stranger.issue("node")
    with Redis(folder / "redis", password="correct-horse", tls=authority) as redis:
        def module(ca=authority.file, certificate=ours, own_key=key, host="127.0.0.1", port=redis.tls_port, extra=""):
            shown = f'tls_certificate = "{certificate}"\ntls_key = "{own_key}"\n' if certificate else ""
            return redis.module(f'password = "correct-horse"\ntls = true\ntls_ca = "{ca}"\n{shown}{extra}\n', address=f"{host}:{port}")

        for name, options in (("address", {}), ("name", {"host": "localhost"}),
                              ("unverified", {"ca": stranger.file, "extra": "tls_verify = false"})):
            with node(folder / name, module(**options)) as (server, asker):
                settled(asker)
                for _ in range(100):
                    asker.send("incr", "n", 1, 60)
                expect(sorted(int(asker.receive().removeprefix("integer:")) for _ in range(100)), list(range(1, 101)), name)
                expect(asker.ask("set", "long", "x" * 8000), "boolean:true", "a long text")
                redis.kill()
                wait_until(lambda: asker.ask("get", "k") == AWAY, 10, "nobody noticed the end of Redis")
                redis.start()
                settled(asker)
                expect(asker.ask("set", "k", 1), "boolean:true", f"{name}, with a new Redis")
        redis.cli("CONFIG", "SET", "bind", "127.0.0.1 127.0.0.2")
        for name, options, words in (("untrusted", {"ca": stranger.file}, "issued by nobody in tls_ca"),
                                     ("misnamed", {"host": "127.0.0.2"}, "certificate is not for 127.0.0.2: address must name it"),
                                     ("bare", {"certificate": None}, "Set tls_certificate and tls_key"),
                                     ("stranger", {"certificate": theirs, "own_key": their_key}, "does not believe our certificate"),
                                     ("plain", {"port": redis.port}, "speaks no TLS at that port")):
            with node(folder / name, module(**options)) as (server, asker):
                wait_until(lambda: log_lines(server, words), 10, lambda: f"{name}: {server.log_tail()}")
                expect(asker.ask("get", "k"), AWAY, name)
        with node(folder / "forgotten", redis.module('password = "correct-horse"', address=f"127.0.0.1:{redis.tls_port}")) as (server, asker):
            wait_until(lambda: log_lines(server, "set tls = true"), 10, lambda: server.log_tail())

        renewed = folder / "renewed.pem"  # the file of the authority is put right while the server runs
        renewed.write_bytes(stranger.file.read_bytes())
        with node(folder / "mended", module(ca=renewed)) as (server, asker):
            wait_until(lambda: log_lines(server, "issued by nobody in tls_ca"), 10, lambda: server.log_tail())
            renewed.write_bytes(authority.file.read_bytes())
            wait_until(lambda: log_lines(server, "serves again"), 10, lambda: server.log_tail())
            expect(asker.ask("set", "k", 1), "boolean:true", "with the right authority")


def full_redis(folder):
    with Redis(folder / "redis", options=["--maxmemory-policy", "noeviction"]) as redis, node(folder / "server", redis.module()) as (server, asker):
        settled(asker)
        redis.cli("CONFIG", "SET", "maxmemory", "1")
        for word in ("set", "add", "incr"):
            expect(asker.ask(word, word, 1, 60), "nil:nil string:full", word)
        expect(asker.ask("get", "k"), "nil:nil", "reading goes on")
        expect(outcomes(server, "full"), 3, "counted")


def addresses(folder):
    """A unix socket, a name, IPv6, a name and a socket nobody has."""
    with Redis(folder / "redis", options=["--bind", "127.0.0.1", "-::1"]) as redis:
        known = [f"unix:{redis.socket}", f"localhost:{redis.port}"]
        with contextlib.suppress(OSError), socket.create_connection(("::1", redis.port), 1):
            known.append(f"[::1]:{redis.port}")
        for number, address in enumerate(known):
            with node(folder / str(number), redis.module(address=address)) as (_, asker):
                settled(asker)
                expect(asker.ask("incr", "n", 1), f"integer:{number + 1}", address)
        for number, (address, words) in enumerate((("redis.invalid", "redis.invalid:6379: "), (f"{folder}/none.sock", "No such file or directory"))):
            with node(folder / f"nobody{number}", redis.module(address=address)) as (server, asker):
                wait_until(lambda: log_lines(server, words), 10, lambda: server.log_tail())
                expect(asker.ask("get", "k"), AWAY, address)
                expect(asker.ask("ping"), "string:pong")


def settings_are_checked(folder):
    """Wrong ones are named with file and line, all in one run."""
    server = made(folder, '[module.redis]\naddress = "redis://one"\nuser = "viaduct"\ndeadline = "1ms"\nqueue_limit = 0\n'
                  'tls = true\ntls_ca = "nowhere.pem"\nsentinel = true\n')
    result = subprocess.run([BUILD / "bin/viaduct", "--config", server.config, "check"], capture_output=True, text=True, timeout=30, check=False)
    said = result.stdout + result.stderr
    lines = server.config.read_text().splitlines()
    for key in ("address", "user", "deadline", "queue_limit", "tls_ca", "sentinel"):
        line = next(number for number, text in enumerate(lines, 1) if text.startswith(f"{key} =") and number > lines.index("[module.redis]"))
        if result.returncode == 0 or not re.search(rf"viaduct\.toml:{line}\b.*{key}", said):
            raise Failure(f"{key} of line {line} is not named: {said}")


def tests_of_operators_touch_no_redis(folder):
    """`viaduct test` and `viaduct check` keep values in memory, and tell where a script could not wait for the real one."""
    with Redis(folder / "redis") as redis:
        server = made(folder / "server", redis.module())
        run = [BUILD / "bin/viaduct", "--config", server.config]
        (folder / "server/ask_test.lua").write_text(OPERATORS_TEST)
        result = subprocess.run([*run, "test", folder / "server"], capture_output=True, text=True, timeout=30, check=False)
        if result.returncode != 0 or "ok" not in result.stdout:
            raise Failure(f"viaduct test: {result.stdout}{result.stderr}")
        result = subprocess.run([*run, "check"], capture_output=True, text=True, timeout=30, check=False)
        expect(result.returncode, 0, result.stdout + result.stderr)
        (folder / "server/ask.lua").write_text('require("viaduct.shared").set("loaded", true)\n' + SCRIPT)
        result = subprocess.run([*run, "check"], capture_output=True, text=True, timeout=30, check=False)
        if result.returncode == 0 or "ask.lua:1: this has to wait" not in result.stdout + result.stderr:
            raise Failure(f"a script that waits while it is loaded: {result.stdout}{result.stderr}")
        expect(redis.cli("DBSIZE"), "0", "keys in Redis")


if __name__ == "__main__":
    sys.exit(run_tests([("values keep their type", values_keep_their_type), ("nodes share counters and bans", nodes_share_counters_and_bans),
                        ("stopped Redis", stopped_redis), ("killed Redis", killed_redis), ("passwords", passwords), ("over TLS", over_tls),
                        ("full Redis", full_redis), ("addresses", addresses), ("settings are checked", settings_are_checked),
                        ("tests of operators touch no Redis", tests_of_operators_touch_no_redis)]))
