#!/usr/bin/env python3
"""TLS on real sockets, with peers that are not ours: Python's ssl, the openssl program, baresip."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import itertools
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import threading
import time

from certificates import Authority
from support import BUILD, DOMAIN, ROOT, Baresip, Failure, Server, free_port, run_tests, wait_until

OPTIONS_ONLY = """
local options = require "viaduct.options"
function on_request(req) return options.answer(req) or 404 end
"""
# Whoever is named in the Request-URI is asked.
RELAY = """
function on_request(req) return req:relay() end
"""
FAILURES = "viaduct_tls_failures_total"
numbers = itertools.count(1)


def expect(condition, what):
    if not condition:
        raise Failure(what)


def tls_server(folder, modules, script=OPTIONS_ONLY, extra="", listen="", workers=2):
    """A server with a TLS listener; its port is server.tls_port."""
    (folder / "main.lua").write_text(script)
    port = free_port()
    server = Server(folder, script=folder / "main.lua", transports=("udp",), workers=workers,
                    modules=f'[[listen]]\ntransport = "tls"\naddress = "127.0.0.1:{port}"\n{listen}\n[module.options]\n{modules}', extra=extra)
    server.tls_port = port
    return server


def settings(certificate, key, *more):
    return f'[module.tls]\ncertificate = "{certificate}"\nkey = "{key}"\n' + "\n".join(more)


def client_context(authority, version=None, certificate=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.file)
    if version:
        context.minimum_version = context.maximum_version = version
    if certificate:
        context.load_cert_chain(*certificate)
    return context


def connect(server, context, name="sip.example.test", source="127.0.0.1"):
    plain = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    plain.bind((source, 0))
    plain.settimeout(20)
    plain.connect(("127.0.0.1", server.tls_port))
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise


def options(server):
    number = next(numbers)
    return (f"OPTIONS sip:{server.host}:{server.port} SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:9;rport;branch=z9hG4bK{number}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:alice@{DOMAIN}>;tag=a\r\nTo: <sip:{server.host}>\r\nCall-ID: tls{number}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode()


def receive_message(connection):
    """One SIP message without a body; keep-alives before it are skipped."""
    data = b""
    while b"\r\n\r\n" not in data.lstrip(b"\r\n"):
        piece = connection.recv(65536)
        if not piece:
            raise Failure(f"the connection ended after {data!r}")
        data += piece
    return data.lstrip(b"\r\n").decode()


def ask(server, connection):
    """The status that OPTIONS gets on that connection."""
    connection.sendall(options(server))
    return int(receive_message(connection).split()[1])


def failures(server, **labels):
    return sum(one["value"] for one in server.json("rpc", "server.stats")["counters"] if one["name"] == FAILURES
               and all(f'{name}="{value}"' in one["labels"] for name, value in labels.items()))


def refused(server, context, name="sip.example.test"):
    """Whether the server refuses that client; with TLS 1.3 a client learns it with its first read."""
    try:
        with connect(server, context, name) as connection:
            return ask(server, connection) != 200
    except (ssl.SSLError, ConnectionError, Failure):
        return True


# -- configuration and commands

def faults_are_named(folder):
    authority = Authority(folder / "tls")
    authority.issue("server")
    authority.issue("other")
    authority.issue("old", start="20200101000000Z", end="20210101000000Z")
    (folder / "main.lua").write_text(OPTIONS_ONLY)
    cases = [
        ('certificate = "tls/server.pem"\nkey = "tls/other.key"', r"viaduct\.toml:\d+: 'key' in \[module\.tls\] .*other\.key: does not belong to the certificate in .*server\.pem"),
        ('certificate = "tls/server.pem"', r"'certificate' in \[module\.tls\] needs one key for each certificate"),
        ('certificat = "tls/server.pem"', r"unknown key 'certificat' in \[module\.tls\]; did you mean 'certificate'"),
        ('[module.tls.profile.x]\nkay = "k"', r"unknown key 'kay' in \[module\.tls\.profile\.x\]; did you mean 'key'"),
        ('[module.tls.profile.x]\ncertificate = "none.pem"\nkey = "none.key"', r"\[module\.tls\.profile\.x\] .*none\.pem: cannot be read: No such file"),
        ('certificate = "tls/server.pem"\nkey = "tls/server.key"\nclient_certificates = "required"', r"client_authorities.* needed with client_certificates"),
        ('certificate = "tls/server.pem"\nkey = "tls/server.key"\nciphers = "nonsense"', r"'ciphers' in \[module\.tls\] \"nonsense\": no cipher match"),
    ]
    for text, wanted in cases:
        server = Server(folder, script=folder / "main.lua", modules=f"[module.options]\n[module.tls]\n{text}\n")
        said = subprocess.run([BUILD / "bin/viaduct", "--config", server.config, "check"], capture_output=True, text=True, timeout=60, check=False)
        expect(said.returncode != 0, f"accepted: {text}")
        expect(re.search(wanted, said.stdout + said.stderr), f"{text}: {said.stdout}{said.stderr}")
    server = Server(folder, script=folder / "main.lua", modules='[module.options]\n[module.tls]\ncertificate = "tls/old.pem"\nkey = "tls/old.key"\n')
    with server:
        wait_until(lambda: "old.pem: expired on 2021-01-01" in server.log_tail(200), 5, "no word about the expired certificate")
        expect(server.json("tls", "show")[0]["certificates"][0]["days_left"] < -1000, "days_left of an expired certificate")


def shown_and_reloaded(folder):
    authority = Authority(folder / "tls")
    authority.issue("server")
    authority.issue("rsa", rsa=True)
    with tls_free_server(folder, '[module.tls]\ncertificate = ["tls/server.pem", "tls/rsa.pem"]\nkey = ["tls/server.key", "tls/rsa.key"]\n'
                                 '[module.tls.profile.bare]\nserver_names = ["bare.example.test"]\nminimum_version = "1.3"\n') as server:
        default, bare = server.json("tls", "show")
        expect(default["profile"] == "" and bare["profile"] == "bare", f"{default} {bare}")
        expect([one["key"].split()[0] for one in default["certificates"]] == ["EC", "RSA"], f"{default}")
        expect(default["certificates"][0]["days_left"] in (89, 90), f"{default}")
        expect(default["certificates"][0]["names"] == ["sip.example.test", "127.0.0.1"], f"{default}")
        expect((bare["minimum_version"], len(bare["certificates"])) == ("1.3", 2), f"{bare}")
        expect(re.search(r"\(default\) +sip\.example\.test, 127\.0\.0\.1 +RSA 2048 +in (89|90) days", server.viactl("tls", "show").stdout), server.viactl("tls", "show").stdout)
        gauges = [one for one in server.json("stats", "viaduct_tls_certificate") if one["kind"] == "gauge"]
        expect(len(gauges) == 4 and all(one["value"] > time.time() for one in gauges), f"{gauges}")

        before = default["certificates"][0]["serial"]
        authority.issue("server")
        after = server.json("tls", "reload")[0]["certificates"][0]["serial"]
        expect(after != before, "tls reload shows the old certificate")
        (folder / "tls/server.key").write_text((folder / "tls/rsa.key").read_text())
        result = server.viactl("tls", "reload", check=False)
        expect(result.returncode == 1 and "server.key: does not belong to the certificate in" in result.stderr, f"{result}")
        expect(server.json("tls", "show")[0]["certificates"][0]["serial"] == after, "a refused reload changed something")
        explained = server.viactl("config", "explain", "module.tls").stdout
        expect("[module.tls.profile.bare]" in explained and "server_names" in explained, explained)


def tls_free_server(folder, modules):
    (folder / "main.lua").write_text(OPTIONS_ONLY)
    return Server(folder, script=folder / "main.lua", modules=f"[module.options]\n{modules}")


def changed_files_are_read(folder):
    """As certbot does it: links that point to another generation; and its hook."""
    authority = Authority(folder / "archive")
    live = folder / "live/sip.example.test"
    live.mkdir(parents=True)
    serials = lambda: server.json("tls", "show")[0]["certificates"][0]["serial"]

    def point_to(name):
        for link, kind in (("fullchain.pem", "pem"), ("privkey.pem", "key")):
            with contextlib.suppress(FileNotFoundError):
                (live / link).unlink()
            (live / link).symlink_to(folder / f"archive/{name}.{kind}")

    authority.issue("one")
    authority.issue("two")
    point_to("one")
    with tls_free_server(folder, f'[module.tls]\ncertificate = "{live}/fullchain.pem"\nkey = "{live}/privkey.pem"\nwatch_every = "200ms"\n') as server:
        first = serials()
        point_to("two")
        wait_until(lambda: serials() != first, 10, "changed links were not noticed")
        second = serials()
        (folder / "archive/two.key").write_text("nonsense")
        wait_until(lambda: "the certificates in use stay" in server.log_tail(200), 10, "no word about a broken file")
        expect(serials() == second, "a broken file changed something")

    copies = folder / "tls"
    environment = dict(os.environ, RENEWED_LINEAGE=str(live), VIADUCT_TLS_FOLDER=str(copies), VIADUCT_TLS_GROUP=str(os.getgid()),
                       VIACTL=str(folder / "viactl"))
    hook = lambda: subprocess.run([ROOT / "etc/certbot/viaduct-deploy-hook"], env=environment, capture_output=True, text=True, timeout=60, check=False)
    (folder / "viactl").write_text(f'#!/bin/sh\nexec {BUILD}/bin/viactl --config {folder}/viaduct.toml "$@"\n')
    (folder / "viactl").chmod(0o755)
    authority.issue("three")
    point_to("one")
    result = hook()  # the server does not run: that is fine
    expect(result.returncode == 0, f"{result}")
    with tls_free_server(folder, f'[module.tls]\ncertificate = "{copies}/fullchain.pem"\nkey = "{copies}/privkey.pem"\nwatch_every = 0\n') as server:
        first = serials()
        point_to("three")
        result = hook()
        expect(result.returncode == 0 and serials() != first, f"{result}")
        expect((copies / "privkey.pem").stat().st_mode & 0o777 == 0o640, "the key's copy may be read by others")
        (folder / "archive/three.key").write_text("nonsense")
        expect(hook().returncode == 1, "the hook hides that the certificate was refused")


# -- connections

def versions_and_garbage(folder):
    authority = Authority(folder / "tls")
    certificate = authority.issue("server")
    with tls_server(folder, settings(*certificate)) as server:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with connect(server, client_context(authority, version)) as connection:
                expect(ask(server, connection) == 200, f"OPTIONS over {version}")
        for flag in ("-tls1", "-tls1_1"):
            result = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.tls_port}", flag, "-cipher", "ALL:@SECLEVEL=0"],
                                    input="", capture_output=True, text=True, timeout=30, check=False)
            expect(result.returncode != 0, f"{flag} was accepted: {result.stdout[-300:]}")
        expect(failures(server, side="server", reason="version") == 2, "old versions were not counted")
        with socket.create_connection(("127.0.0.1", server.tls_port), 10) as plain:
            plain.sendall(options(server))
            plain.settimeout(10)
            with contextlib.suppress(ConnectionError):
                while plain.recv(1000):
                    pass
        expect(failures(server, side="server", reason="not_tls") == 1, "plain SIP on the TLS port was not counted")


def server_names(folder):
    authority = Authority(folder / "tls")
    default, other = authority.issue("default"), authority.issue("other", "DNS:other.example.test")
    rsa = authority.issue("rsa", rsa=True)
    modules = (f'[module.tls]\ncertificate = ["{default[0]}", "{rsa[0]}"]\nkey = ["{default[1]}", "{rsa[1]}"]\n'
               f'[module.tls.profile.other]\ncertificate = "{other[0]}"\nkey = "{other[1]}"\nserver_names = ["other.example.test"]\n')
    with tls_server(folder, modules) as server:
        def subject(name, ciphers=None):
            context = client_context(authority, ssl.TLSVersion.TLSv1_2)
            if ciphers:
                context.set_ciphers(ciphers)
            with connect(server, context, name) as connection:
                return dict(pair[0] for pair in connection.getpeercert()["subject"])["commonName"]
        expect(subject("other.example.test") == "other", "SNI does not choose the profile")
        expect(subject("sip.example.test", "ECDHE-ECDSA-AES128-GCM-SHA256") == "default", "ECDSA")
        expect(subject("sip.example.test", "ECDHE-RSA-AES128-GCM-SHA256") == "rsa", "RSA beside ECDSA")


def mutual(folder):
    authority, stranger = Authority(folder / "tls"), Authority(folder / "strangers", "stranger")
    certificate, phone, unknown = authority.issue("server"), authority.issue("phone"), stranger.issue("unknown")
    with tls_server(folder, settings(*certificate, 'client_certificates = "required"', f'client_authorities = "{authority.file}"')) as server:
        with connect(server, client_context(authority, certificate=phone)) as connection:
            expect(ask(server, connection) == 200, "a client with a certificate")
        expect(refused(server, client_context(authority)), "a client without a certificate was served")
        expect(refused(server, client_context(authority, certificate=unknown)), "a client with a stranger's certificate was served")
        expect(failures(server, reason="no_certificate") == 1 and failures(server, reason="untrusted") == 1, "refusals were not counted")


class TlsPeer:
    """A SIP server over TLS that answers 200 to everything, for the proxy to call."""

    def __init__(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.context, self.resumed, self.accepted = context, 0, 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                plain, _ = self.listener.accept()
                threading.Thread(target=self.talk, args=(plain,), daemon=True).start()

    def talk(self, plain):
        with contextlib.suppress(OSError, Failure), self.context.wrap_socket(plain, server_side=True) as connection:
            self.accepted += 1
            self.resumed += connection.session_reused
            while True:
                request = receive_message(connection)
                kept = [line for line in request.split("\r\n")[1:] if re.match(r"(Via|From|Call-ID|CSeq|To|Record-Route):", line, re.I)]
                connection.sendall(("SIP/2.0 200 OK\r\n" + "\r\n".join(kept) + "\r\nContent-Length: 0\r\n\r\n").encode())

    def close(self):
        self.listener.close()


def relayed(server, port, host="127.0.0.1"):
    """The status of a request that the server relays over TLS to that port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(40)
        number, own = next(numbers), client.getsockname()[1]
        client.sendto((f"OPTIONS sip:bob@{host}:{port};transport=tls SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{number}\r\n"
                       f"Max-Forwards: 70\r\nFrom: <sip:alice@{DOMAIN}>;tag=a\r\nTo: <sip:bob@{host}>\r\nCall-ID: out{number}\r\n"
                       f"CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode(), (server.address, server.port))
        while True:
            status = int(client.recv(65536).split()[1])
            if status >= 200:
                return status


def servers_must_prove_who_they_are(folder):
    authority, stranger = Authority(folder / "tls"), Authority(folder / "strangers", "stranger")
    with tls_server(folder, f'[module.tls]\nauthorities = "{authority.file}"\ncertificate = "{authority.issue("own")[0]}"\nkey = "{folder}/tls/own.key"\n',
                    script=RELAY) as server:
        good = TlsPeer(*authority.issue("good"))
        expect(relayed(server, good.port) == 200, "a server with a good certificate")
        for name, pair, reason, line in (
                ("stranger", stranger.issue("bad"), "untrusted", "was issued by CN=stranger, which is not among the authorities"),
                ("expired", authority.issue("old", start="20200101000000Z", end="20210101000000Z"), "expired", "certificate expired on 2021-01-01"),
                ("other", authority.issue("other", "DNS:other.example.test"), "wrong_name", "certificate is for other.example.test")):
            before = failures(server, side="client", reason=reason)
            peer = TlsPeer(*pair)
            expect(relayed(server, peer.port) >= 500, f"{name}: relayed all the same")
            expect(failures(server, side="client", reason=reason) > before, f"{name}: not counted as {reason}")
            peer.close()
            if name == "stranger":  # a line about this peer, and no other for a minute
                wait_until(lambda: re.search(rf"127\.0\.0\.1:{peer.port} \(127\.0\.0\.1\): .*{line}", server.log_tail(200)), 5,
                           lambda: f"no reason in the log: {server.log_tail()}")
        good.close()


class Load(threading.Thread):
    """Asks over one connection that stays, or over a new one each time; every answer counts."""

    def __init__(self, server, context, stays):
        super().__init__(daemon=True)
        self.server, self.context, self.stays = server, context, stays
        self.done, self.answered, self.problem = threading.Event(), 0, None

    def run(self):
        try:
            while not self.done.is_set():
                with connect(self.server, self.context) as connection:
                    while not self.done.is_set():
                        expect(ask(self.server, connection) == 200, "another status")
                        self.answered += 1
                        if not self.stays:
                            break
        except (OSError, Failure) as problem:
            self.problem = f"{'a lasting' if self.stays else 'a new'} connection: {problem!r}"


def reload_under_load(folder):
    authority = Authority(folder / "tls")
    certificate = authority.issue("server")
    with tls_server(folder, settings(*certificate, "watch_every = 0")) as server:
        loads = [Load(server, client_context(authority), stays) for stays in (True, True, True, False, False)]
        for load in loads:
            load.start()
        serials = set()
        for _ in range(20):
            authority.issue("server")
            serials.add(server.json("tls", "reload")[0]["certificates"][0]["serial"])
        for load in loads:
            load.done.set()
        for load in loads:
            load.join(30)
            expect(load.problem is None, load.problem)
            expect(load.answered > 20, f"only {load.answered} answers")
        expect(len(serials) == 20, f"{len(serials)} certificates in 20 reloads")
        expect(server.counter("viaduct_tls_failures_total") == 0, "failures during reloads")


def stalled_handshakes(folder):
    """Thousands that begin a handshake and stop: others are served meanwhile, and the stalled are dropped in time."""
    most = 3000
    authority = Authority(folder / "tls")
    limits = '[limits]\nconnections_per_address = 10000\nfirst_message_timeout = "5s"\n'
    with tls_server(folder, settings(*authority.issue("server")), extra=limits) as server:
        context = client_context(authority)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        with contextlib.suppress(ssl.SSLWantReadError):
            context.wrap_bio(incoming, outgoing, server_hostname="sip.example.test").do_handshake()
        hello = outgoing.read()
        stalled = []
        longest = 0.0
        try:
            for number in range(most):
                one = socket.create_connection(("127.0.0.1", server.tls_port), 20, source_address=("127.0.0.2", 0))
                one.sendall((b"", hello[:100], hello)[number % 3])
                stalled.append(one)
                if number % 300 == 299:
                    began = time.monotonic()
                    with connect(server, context) as connection:
                        expect(ask(server, connection) == 200, "an honest client beside stalled ones")
                    longest = max(longest, time.monotonic() - began)
            expect(longest < 3, f"an honest client waited {longest:.1f} s")
            connections = lambda: sum(worker["connections"] for worker in server.json("ps")["workers"])
            wait_until(lambda: connections() == 0, 30, lambda: f"{connections()} stalled connections are still there")
        finally:
            for one in stalled:
                one.close()


def idle_connections_are_small(folder):
    """What the whole server needs for a connection that has been used and is silent now."""
    most = 1000
    authority = Authority(folder / "tls")
    limits = '[limits]\nconnections_per_address = 10000\n'
    with tls_server(folder, settings(*authority.issue("server")), extra=limits) as server, contextlib.ExitStack() as open_ones:
        def memory():
            text = pathlib.Path(f"/proc/{server.process.pid}/smaps_rollup").read_text(encoding="ascii")
            return int(re.search(r"^Pss: +(\d+) kB", text, re.M).group(1))

        def add(number):
            for _ in range(number):
                connection = open_ones.enter_context(connect(server, client_context(authority)))
                expect(ask(server, connection) == 200, "OPTIONS")
            wait_until(lambda: sum(worker["transactions"] for worker in server.json("ps")["workers"]) == 0, 60, "transactions do not end")

        add(100)  # what the first ones need once
        before = memory()
        add(most)
        each = (memory() - before) / most
        expect(each < 30, f"{each:.1f} kB for an idle connection")


def phones_call(folder):
    """Two real phones, registered over TLS, hear each other."""
    authority = Authority(folder / "tls")
    port = free_port()
    certificate, key = authority.issue("server", f"DNS:{DOMAIN},IP:127.0.0.1")
    server = Server(folder, transports=("udp",), extra=f'[[listen]]\ntransport = "tls"\naddress = "127.0.0.1:{port}"\n{settings(certificate, key)}\n')
    with server:
        for user in ("alice", "bob"):
            server.add_user(user, "secret")
        server.tls_port, udp_port = port, server.port
        server.port = port  # where the phones go
        try:
            with TlsPhone(folder / "alice", "alice", server, transport="tls", tone=440) as alice, \
                    TlsPhone(folder / "bob", "bob", server, transport="tls", tone=1000) as bob:
                alice.registered(), bob.registered()
                alice.dial(f"sip:bob@{DOMAIN}")
                bob.expect("CALL_INCOMING")
                bob.answer()
                alice.expect("CALL_ESTABLISHED")
                bob.expect("CALL_ESTABLISHED")
                alice.hears(1000)
                bob.hears(440)
                bob.hang_up()
                alice.expect("CALL_CLOSED")
        finally:
            server.port = udp_port


class TlsPhone(Baresip):
    """It does not look at our certificate: this version checks the outbound proxy's address against names."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        with open(self.folder / "config", "a", encoding="ascii") as file:
            file.write("sip_verify_server no\n")


TESTS = [
    ("faults of certificates are named with file and line", faults_are_named),
    ("tls show and tls reload", shown_and_reloaded),
    ("changed files are read, and certbot's hook", changed_files_are_read),
    ("TLS 1.2 and 1.3, nothing older, nothing else", versions_and_garbage),
    ("profiles by server name, RSA beside ECDSA", server_names),
    ("certificates of clients", mutual),
    ("servers must prove who they are", servers_must_prove_who_they_are),
    ("reloads under load fail no request", reload_under_load),
    ("thousands of stalled handshakes", stalled_handshakes),
    ("idle connections are small", idle_connections_are_small),
    ("phones call over TLS", phones_call),
]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
