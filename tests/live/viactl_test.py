#!/usr/bin/env python3
"""Every command of viactl against a running server and without one: exit statuses and JSON shapes as tools/viactl/README.md says."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time

from sip_client import Client
from support import BUILD, DOMAIN, Failure, Server, run_tests, wait_until

REGISTER_ALL = """
local registrar, options = require "viaduct.registrar", require "viaduct.options"

function on_request(req)
  if req.method == "REGISTER" then return registrar.save(req) end
  return options.answer(req) or req:relay(registrar.lookup(req.uri))
end
"""


def expect(server, status, *arguments, stdin="", text=""):
    """viactl ends with that status, and says that text somewhere; returns the result."""
    result = server.viactl(*arguments, stdin=stdin, check=False)
    if result.returncode != status or text not in result.stdout + result.stderr:
        raise Failure(f"viactl {' '.join(map(str, arguments))} ended with {result.returncode}, not {status} and '{text}': {result.stdout}{result.stderr}")
    if status != 0 and not result.stderr:
        raise Failure(f"viactl {' '.join(map(str, arguments))} failed without a word on standard error")
    return result


def expect_keys(value, *keys):
    missing = set(keys) - set(value)
    if missing:
        raise Failure(f"{missing} missing in {value}")


def make_database(server):
    """The database of a server that does not run."""
    expect(server, 4, "show")
    version = server.json("db", "version")
    expect_keys(version, "database", "exists", "version", "newest")
    if version["exists"]:
        raise Failure(f"a database before it was made: {version}")
    created = server.json("db", "create")
    if created["version"] != server.json("db", "version")["newest"]:
        raise Failure(f"the new database is of version {created}")


def subscribers(server):
    if server.json("show") != []:
        raise Failure("subscribers in an empty database")
    added = server.viactl("--json", "add", "alice", "--password-stdin", stdin="secret one\n")
    if json.loads(added.stdout) != {"added": f"alice@{DOMAIN}"}:
        raise Failure(added.stdout)
    expect(server, 1, "add", "alice", "--password-stdin", stdin="x\n", text="exists")
    expect(server, 2, "add", "bad name@", "--password-stdin", stdin="x\n")
    expect(server, 2, "add", "empty", "--password-stdin", stdin="\n")
    expect(server, 0, "add", "carol", "secret")  # as kamctl takes it
    expect(server, 0, "rm", "carol")
    shown = server.json("show", "alice")
    if shown != [{"user": "alice", "domain": DOMAIN, "algorithms": ["MD5", "SHA-256", "SHA-512-256"], "plaintext": False}]:
        raise Failure(f"{shown}")
    changed = server.viactl("--json", "passwd", "alice", "--password-stdin", stdin="secret two\n")
    if json.loads(changed.stdout) != {"changed": f"alice@{DOMAIN}"}:
        raise Failure(changed.stdout)
    if "alice" not in server.viactl("show").stdout:
        raise Failure("the table of subscribers does not have alice")
    expect(server, 1, "passwd", "nobody", "--password-stdin", stdin="x\n")
    expect(server, 1, "show", "nobody")
    expect(server, 1, "rm", "nobody")
    if json.loads(server.viactl("--json", "rm", "alice").stdout) != {"removed": f"alice@{DOMAIN}"}:
        raise Failure("rm says something else")
    if server.json("show") != []:
        raise Failure("alice is still there")


def without_server(folder):
    server = Server(folder)  # its `create` is for the server, not for tools
    make_database(server)
    expect(server, 4, "db", "create")
    expect_keys(server.json("db", "upgrade"), "database", "version", "applied")
    subscribers(server)
    listed = server.json("ul", "show")
    if listed != {"source": "database", "bindings": [], "total": 0}:
        raise Failure(f"{listed}")
    server.add_user("kept", "secret")
    copy = folder / "copy.db"
    expect_keys(server.json("db", "backup", copy), "database", "file")
    expect(server, 1, "db", "backup", copy, text="exists")
    server.viactl("rm", "kept")
    expect(server, 1, "db", "restore", copy, text="--yes")
    expect_keys(server.json("db", "restore", copy, "--yes"), "database", "file")
    if [one["user"] for one in server.json("show")] != ["kept"]:
        raise Failure("restore did not bring back what was saved")
    expect(server, 4, "db", "restore", folder / "nothing.db", "--yes", text="nothing.db")
    (folder / "noise.db").write_bytes(b"this is not a database " * 100)
    expect(server, 4, "db", "restore", folder / "noise.db", "--yes")
    if len(server.json("show")) != 1:
        raise Failure("a refused restore damaged the database")
    for command in (["stats"], ["ps"], ["ping", "sip:127.0.0.1"], ["reload"], ["trace", "x"], ["rpc", "system.methods"],
                    ["ul", "add", "kept", "sip:kept@127.0.0.1"], ["ul", "rm", "kept"]):
        expect(server, 3, *command)
        failed = expect(server, 3, "--json", *command)
        if json.loads(failed.stderr)["error"]["exit"] != 3:
            raise Failure(failed.stderr)
    if server.json("version")["server"] is not None:
        raise Failure("a version of a server that does not run")


def many_subscribers(folder):
    """A hundred thousand subscribers in one go, wrong lines named, the bar on a terminal; out and in again."""
    server = Server(folder)
    server.viactl("db", "create")
    wrong = {7, 70_007}
    source = folder / "users.csv"
    with open(source, "w", encoding="utf-8") as file:
        file.write("username,password\n")
        for line in range(2, 100_002):
            file.write(f"bad name{line},x\n" if line in wrong else f"user{line},secret{line}\n")
    dry = expect(server, 1, "--json", "import", source, "--dry-run")
    if json.loads(dry.stdout)["added"] != 99_998 or server.json("show") != []:
        raise Failure(f"a dry run: {dry.stdout[:500]}")
    child, terminal = pty.fork()
    if child == 0:
        os.execv(BUILD / "bin/viactl", ["viactl", "--config", str(server.config), "import", str(source)])
    seen = b""
    try:
        while piece := os.read(terminal, 65536):
            seen += piece
    except OSError:
        pass  # the other end is closed
    os.close(terminal)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    for words in (b"users.csv:7: ", b"users.csv:70007: ", b"Added 99,998 subscribers", b"[###", b"left"):
        if status != 1 or words not in seen:
            raise Failure(f"import ended with {status}, and its terminal does not show {words}: {seen[-600:]}")
    again = json.loads(expect(server, 1, "--json", "import", source).stdout)
    if again["added"] != 0 or again["unchanged"] != 99_998 or [one["line"] for one in again["wrong"]] != sorted(wrong):
        raise Failure(f"the same file again: {again}")
    if server.json("export", folder / "all.csv")["exported"] != 99_998:
        raise Failure("export does not write all of them")
    other = Server(folder / "other")
    other.viactl("db", "create")
    if other.json("import", folder / "all.csv")["added"] != 99_998:
        raise Failure("what was exported is not imported")


def tables_of_a_running_server(folder):
    """A change of table domain or address is in force when viactl returns; groups and aliases need no telling."""
    script = folder / "tables.lua"
    script.write_text("""
local address, alias_db = require "viaduct.address", require "viaduct.alias_db"
local domain, group = require "viaduct.domain", require "viaduct.group"
function on_request(req)
  if address.allowed(req, 3) then return 481 end
  if domain.is_local(req.uri) then return 482 end
  if alias_db.lookup(req.uri) then return 483 end
  return group.has(req.uri, "pstn") and 484 or 404
end
""")
    modules = '[module.db_sqlite]\nfile = "viaduct.db"\ncreate = true\n[module.domain]\n[module.alias_db]\n[module.group]\n[module.address]\n'
    with Server(folder / "server", script=script, modules=modules) as server:
        server.add_user("alice", "secret")

        def answers(uri, status):
            client = Client(server, DOMAIN)
            client.send(client.request("INFO", uri, "asked@load"))
            wait_until(lambda: client.receive(0.05) and client.statuses, 5, "INFO is not answered")
            client.close()
            if client.statuses != {"asked@load": [status]}:
                raise Failure(f"{uri} is answered {client.statuses}, not {status}")

        answers(f"sip:alice@{DOMAIN}", 404)
        server.viactl("acl", "grant", "alice", "pstn")
        answers(f"sip:alice@{DOMAIN}", 484)
        server.viactl("alias_db", "add", "1000", "alice")
        answers(f"sip:1000@{DOMAIN}", 483)
        server.viactl("domain", "add", "customer.test")
        answers("sip:bob@customer.test", 482)
        if server.json("domain", "show") != {"source": "server", "domains": ["customer.test"]}:
            raise Failure("domain show does not show what the server knows")
        server.viactl("address", "add", "3", "127.0.0.0/8")
        answers(f"sip:alice@{DOMAIN}", 481)
        if len(server.json("address", "dump")) != 1:
            raise Failure("address dump does not show the address")
        server.viactl("address", "rm", "3", "127.0.0.0")
        server.viactl("domain", "rm", "customer.test")
        answers("sip:bob@customer.test", 404)

        for word, key in (("sockets", "transport"), ("modules", "name"), ("rpclist", "method")):
            expect_keys(server.json("srv", word)[0], key)
        if DOMAIN not in server.json("srv", "aliases"):
            raise Failure("srv aliases does not know the domain")
        if server.json("srv", "debug", "debug") != {"level": "debug"} or server.json("srv", "debug") != {"level": "debug"}:
            raise Failure("srv debug does not change the level")
        expect(server, 1, "srv", "debug", "loud")
        expect_keys(server.json("uptime"), "uptime")
        expect_keys(json.loads(server.viactl("--json", "monitor", "--interval", "1", "--count", "1").stdout), "load", "rates", "connections")


def with_server(folder):
    script = folder / "open.lua"
    script.write_text(REGISTER_ALL)
    modules = '[module.db_sqlite]\nfile = "viaduct.db"\ncreate = true\n[module.auth]\n[module.registrar]\n[module.options]\n'
    with Server(folder / "server", script=script, modules=modules) as server:
        subscribers(server)
        server.add_user("kept", "secret")
        expect_keys(server.json("ul", "add", "kept", "sip:kept@127.0.0.1:9", "--expires", "60"), "id")
        client = Client(server, DOMAIN)
        client.register("phone")
        wait_until(lambda: client.receive(0.05) and client.answered(200), 5, "REGISTER is not answered 200")
        listed = server.json("ul", "show")
        if listed["source"] != "server" or listed["total"] != 2:
            raise Failure(f"{listed}")
        for binding in listed["bindings"]:
            expect_keys(binding, "aor", "contact", "expires", "q", "received", "user_agent", "instance")
        if "sip:phone@" not in server.viactl("ul", "show", "--brief").stdout or server.json("online") != [f"sip:kept@{DOMAIN}", f"sip:phone@{DOMAIN}"]:
            raise Failure("ul show --brief or online do not show who is there")
        if len(server.json("ul", "show", "--limit", "1")["bindings"]) != 1:
            raise Failure("--limit 1 shows more than one")
        if server.json("ul", "show", "kept")["bindings"][0]["contact"] != "sip:kept@127.0.0.1:9":
            raise Failure("ul show of one shows another")
        if server.json("ul", "rm", "phone") != {"removed": 1}:
            raise Failure("ul rm does not say what it removed")
        expect(server, 1, "ul", "show", "phone")
        server.viactl("rm", "kept")
        if server.json("ul", "show")["total"] != 0:
            raise Failure("a removed subscriber is still registered")
        expect_keys(server.json("db", "backup", folder / "copy.db"), "database", "file")
        expect(server, 1, "db", "restore", folder / "copy.db", "--yes", text="running")

        for one in server.json("stats"):
            expect_keys(one, "name", "labels", "help", "value", "kind")
        expect(server, 1, "stats", "nothing_is_called_this")
        if "messages_received" not in server.viactl("stats", "viaduct_transport").stdout:
            raise Failure("stats does not count the REGISTER")
        status = server.json("ps")
        expect_keys(status, "version", "uptime", "workers")
        for worker in status["workers"]:
            expect_keys(worker, "worker", "load", "queue", "transactions", "requests", "connections", "memory")
        answer = server.json("ping", f"sip:{server.host}:{server.port}")
        if answer["status"] != 200:
            raise Failure(f"ping of the server itself: {answer}")
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as closed:
            closed.bind(("127.0.0.1", 0))
            expect(server, 1, "ping", f"sip:127.0.0.1:{closed.getsockname()[1]};transport=tcp")
        if server.json("version")["server"] is None:
            raise Failure("the version of the running server is unknown")
        if "server.reload" not in str(server.json("rpc", "system.methods")):
            raise Failure("system.methods does not list server.reload")
        expect(server, 1, "rpc", "no.such.method")

        if server.json("reload") != {"ok": True}:
            raise Failure("reload says something else")
        script.write_text(REGISTER_ALL.replace("registrar.save", "registrar.sav"))
        expect(server, 1, "reload", text="open.lua:5")
        client.register("later")
        wait_until(lambda: client.receive(0.05) and "later@load" in client.answered(200), 5, "the old script does not go on after a refused reload")
        client.close()


def command_line(folder):
    server = Server(folder)
    expect(server, 2, "ad", text="did you mean 'add'?")
    expect(server, 2)
    expect(server, 2, "completion", "tcsh")
    expect(server, 0, "--help", text="Exit codes")
    for shell in ("bash", "zsh", "fish"):
        if "restore" not in server.viactl("completion", shell).stdout:
            raise Failure(f"completion for {shell} does not know 'restore'")
    words = subprocess.run(["bash", "-c", 'source /dev/stdin <<<"$1"; COMP_WORDS=(viactl db re); COMP_CWORD=2; _viactl; echo "${COMPREPLY[@]}"', "bash",
                            server.viactl("completion", "bash").stdout], capture_output=True, text=True, timeout=10, check=False)
    if words.stdout.split() != ["restore"]:
        raise Failure(f"bash completes 'viactl db re' to {words.stdout}{words.stderr}")
    explained = server.json("config", "explain")
    for one in explained:
        expect_keys(one, "section", "key", "type", "default", "value", "help", "line")
    if "max_expires" not in server.viactl("config", "explain", "module.registrar").stdout:
        raise Failure("config explain module.registrar does not explain max_expires")
    result = subprocess.run([BUILD / "bin/viactl", "--config", folder / "nothing.toml", "show"], capture_output=True, text=True, timeout=10, check=False)
    if result.returncode != 5 or "nothing.toml" not in result.stderr:
        raise Failure(f"{result.returncode} {result.stderr}")
    server.config.write_text("[server\n")
    expect(server, 5, "show", text="viaduct.toml:1")


def password_at_the_terminal(folder):
    """add asks twice, shows nothing of what is typed, and refuses when the two differ."""
    server = Server(folder)
    server.viactl("db", "create")

    def typed(first, second):
        child, terminal = pty.fork()
        if child == 0:
            os.execv(BUILD / "bin/viactl", ["viactl", "--config", str(server.config), "add", "alice"])
        seen = b""
        for answer in (first, second):
            asked = seen.count(b":")
            while seen.count(b":") == asked:
                seen += os.read(terminal, 1024)
            time.sleep(0.1)
            os.write(terminal, answer + b"\n")
        try:
            while piece := os.read(terminal, 1024):
                seen += piece
        except OSError:
            pass  # the other end is closed
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), seen

    status, seen = typed(b"open sesame", b"open barley")
    if status == 0 or b"sesame" in seen:
        raise Failure(f"two different passwords: {status} {seen}")
    status, seen = typed(b"open sesame", b"open sesame")
    if status != 0 or b"sesame" in seen or len(server.json("show")) != 1:
        raise Failure(f"the same password twice: {status} {seen}")


def trace_of_a_call(folder):
    """A call while it happens: its messages, the decisions, and the script's lines."""
    script = folder / "open.lua"
    script.write_text(REGISTER_ALL)
    modules = '[module.db_sqlite]\nfile = "viaduct.db"\ncreate = true\n[module.registrar]\n[module.options]\n'
    with Server(folder / "server", script=script, modules=modules) as server, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(10)
        server.viactl("ul", "add", "bob", f"sip:bob@127.0.0.1:{phone.getsockname()[1]}")

        def be_busy():
            invite = phone.recv(65536).decode()
            lines = invite.split("\r\n")
            copied = [line + (";tag=b" if line.startswith("To:") else "") for line in lines if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))]
            phone.sendto("\r\n".join(["SIP/2.0 486 Busy Here", *copied, "Content-Length: 0", "", ""]).encode(), (server.address, server.port))

        busy = threading.Thread(target=be_busy)
        busy.start()
        traces = [subprocess.Popen([BUILD / "bin/viactl", "--config", server.config, *arguments], stdout=subprocess.PIPE, text=True)
                  for arguments in (["trace", "watched@load", "--timeout", "3"], ["trace", "watched@load", "--full", "--json"])]
        time.sleep(0.5)
        client = Client(server, DOMAIN)
        client.send(client.request("INVITE", f"sip:bob@{DOMAIN}", "watched@load"))
        wait_until(lambda: client.receive(0.05) and "watched@load" in client.answered(486), 5, f"INVITE was answered {client.statuses}")
        busy.join()
        text, _ = traces[0].communicate(timeout=20)
        traces[1].send_signal(signal.SIGINT)
        full, _ = traces[1].communicate(timeout=20)
        client.close()
        for word in ("INVITE", "486", "open.lua:6", ">>", "<<", "--"):
            if word not in text:
                raise Failure(f"the trace does not show '{word}':\n{text}")
        events = [json.loads(line) for line in full.splitlines()]
        for event in events:
            expect_keys(event, "time", "call_id", "kind", "where", "what")
        if {event["kind"] for event in events} != {"received", "sent", "decision"} or not any("INVITE" in event.get("message", "") for event in events):
            raise Failure(f"the whole trace is {full}")
        if any(trace.returncode != 0 for trace in traces):
            raise Failure(f"trace ended with {[trace.returncode for trace in traces]}")


def check_finds_faults(folder):
    """viaduct check: file and line, the nearest name, and an exit status that is not 0."""
    def check(server, *words):
        result = subprocess.run([BUILD / "bin/viaduct", "--config", server.config, "check"], capture_output=True, text=True, timeout=20, check=False)
        if bool(words) != (result.returncode != 0) or any(word not in result.stdout + result.stderr for word in words):
            raise Failure(f"check ended with {result.returncode}, expected {words or 'no fault'}: {result.stdout}{result.stderr}")

    script = folder / "open.lua"
    script.write_text(REGISTER_ALL)
    server = Server(folder / "server", script=script)
    server.viactl("db", "create")
    check(server)
    whole = server.config.read_text()
    server.config.write_text(whole.replace("workers", "wrokers"))
    check(server, "viaduct.toml:5", "wrokers", "did you mean 'workers'")
    server.config.write_text(whole.replace("[module.registrar]", '[module.registrar]\nmax_expire = "1h"'))
    check(server, "viaduct.toml:", "max_expire", "did you mean 'max_expires'")
    server.config.write_text(whole)
    script.write_text(REGISTER_ALL.replace("options.answer", "options.anser"))
    check(server, "open.lua:6", "anser", "did you mean 'answer'")
    script.write_text(REGISTER_ALL.replace("then return", "than return"))
    check(server, "open.lua:5")


TESTS = [("without a server", without_server), ("with a server", with_server), ("100,000 subscribers", many_subscribers),
         ("tables of a running server", tables_of_a_running_server), ("the command line", command_line),
         ("a password at the terminal", password_at_the_terminal), ("trace of a call", trace_of_a_call),
         ("viaduct check finds faults", check_finds_faults)]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
