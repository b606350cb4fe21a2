#!/usr/bin/env python3
"""Runs dns_live_test against real DNS servers on loopback: unbound, then dnsmasq, with the same zone (RFC 3263, RFC 2782).

The zone has NAPTR, SRV, A and AAAA records and a service of thirty targets. A socket that swallows every question is the dead
server. Needs unbound and dnsmasq (packages unbound, dnsmasq-base); what is not installed is an error, not a skip.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

BUILD = pathlib.Path(os.environ.get("VIADUCT_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))
ZONE = "example.test"
ADDRESSES = [("a", "192.0.2.1"), ("a", "2001:db8::1"), ("b", "192.0.2.2")]
ADDRESSES += [(f"h{i}", f"192.0.2.{100 + i}") for i in range(1, 31)]
# owner, priority, weight, port, target
SERVICES = [
    ("_sip._tcp", 1, 10, 5070, "a"),
    ("_sip._tcp", 2, 10, 5071, "b"),
    ("_sip._udp", 1, 10, 5060, "a"),
    ("_sips._tcp", 1, 10, 5061, "a"),
    ("_sip._udp.srv-only", 1, 0, 5080, "b"),
]
SERVICES += [("_sip._udp.large", i, 0, 5060, f"h{i}") for i in range(1, 31)]
# order, preference, service, replacement
POINTERS = [(10, 10, "SIP+D2T", "_sip._tcp"), (20, 10, "SIP+D2U", "_sip._udp"), (30, 10, "SIPS+D2T", "_sips._tcp")]


def full(name):
    return f"{name}.{ZONE}"


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as stream, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram:
        stream.bind(("127.0.0.1", 0))
        port = stream.getsockname()[1]
        datagram.bind(("127.0.0.1", port))
        return port


def program(name):
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if found is None:
        sys.exit(f"dns_test: {name} is not installed (packages unbound, dnsmasq-base)")
    return found


def unbound(folder, port):
    records = [f"{ZONE}. 60 IN SOA ns.{ZONE}. root.{ZONE}. 1 3600 900 604800 60"]
    for name, ip in ADDRESSES:
        records.append(f"{full(name)}. 60 IN {'AAAA' if ':' in ip else 'A'} {ip}")
    for name, priority, weight, to_port, target in SERVICES:
        records.append(f"{full(name)}. 60 IN SRV {priority} {weight} {to_port} {full(target)}.")
    for order, preference, service, replacement in POINTERS:
        records.append(f'{ZONE}. 60 IN NAPTR {order} {preference} "s" "{service}" "" {full(replacement)}.')
    lines = ["server:", f"  interface: 127.0.0.1@{port}", "  do-daemonize: no", '  username: ""', '  chroot: ""',
             f'  directory: "{folder}"', f'  pidfile: "{folder}/unbound.pid"', "  use-syslog: no", "  num-threads: 1",
             '  module-config: "iterator"', f'  local-zone: "{ZONE}." static']
    lines += [f"  local-data: '{record}'" for record in records]
    config = folder / "unbound.conf"
    config.write_text("\n".join(lines) + "\n")
    return [program("unbound"), "-d", "-c", str(config)]


def dnsmasq(folder, port):
    lines = ["no-daemon", "no-resolv", "no-hosts", f"port={port}", "listen-address=127.0.0.1", "bind-interfaces", "user=",
             "local-ttl=60", f"local=/{ZONE}/", "pid-file=" + str(folder / "dnsmasq.pid")]
    lines += [f"host-record={full(name)},{ip}" for name, ip in ADDRESSES]
    lines += [f"srv-host={full(name)},{full(target)},{to_port},{priority},{weight}"
              for name, priority, weight, to_port, target in SERVICES]
    lines += [f"naptr-record={ZONE},{order},{preference},s,{service},,{full(replacement)}"
              for order, preference, service, replacement in POINTERS]
    config = folder / "dnsmasq.conf"
    config.write_text("\n".join(lines) + "\n")
    return [program("dnsmasq"), "--keep-in-foreground", "-C", str(config)]


def answers(port):
    """Does the server answer a question about its zone?"""
    name = b"".join(bytes([len(label)]) + label.encode() for label in full("a").split(".")) + b"\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(0.1)
        asker.sendto(b"\x12\x34\x01\x00\0\x01\0\0\0\0\0\0" + name + b"\0\x01\0\x01", ("127.0.0.1", port))
        try:
            return asker.recv(512)[:2] == b"\x12\x34"
        except OSError:
            return False


def run(make_command, binary, dead_port):
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="viaduct-dns-") as name:
        folder = pathlib.Path(name)
        log = (folder / "log").open("w")
        server = subprocess.Popen(make_command(folder, port), stdout=log, stderr=subprocess.STDOUT)
        try:
            end = time.monotonic() + 10
            while not answers(port):
                if server.poll() is not None or time.monotonic() > end:
                    sys.exit(f"dns_test: {make_command.__name__} did not start:\n" + (folder / "log").read_text())
                time.sleep(0.05)
            environment = dict(os.environ, VIADUCT_DNS=f"127.0.0.1:{port}", VIADUCT_DNS_DEAD=f"127.0.0.1:{dead_port}")
            print(f"dns_live_test against {make_command.__name__}", flush=True)
            return subprocess.run([binary], env=environment, timeout=120, check=False).returncode
        finally:
            server.terminate()
            server.wait(timeout=10)
            log.close()


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else str(BUILD / "bin" / "dns_live_test")
    if not pathlib.Path(binary).exists():
        sys.exit(f"dns_test: {binary} is not built (target dns_live_test)")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as dead:
        dead.bind(("127.0.0.1", 0))
        codes = [run(server, binary, dead.getsockname()[1]) for server in (unbound, dnsmasq)]
    sys.exit(1 if any(codes) else 0)


if __name__ == "__main__":
    main()
