#!/usr/bin/env python3
"""tools/quickstart as a newcomer runs it, with a folder and port of its own: twice, two phones call each other, and it stops."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import re
import ssl
import subprocess
import sys
import types
import urllib.request

from support import ROOT, Baresip, Failure, free_port, run_tests

ADDRESS = "127.0.0.1"


def quickstart(folder, port, web_port, *arguments):
    """What it printed."""
    environment = dict(os.environ, VIADUCT_RUN=str(folder / "run"), VIADUCT_ADDRESS=ADDRESS, VIADUCT_PORT=str(port),
                       VIADUCT_WEB_PORT=str(web_port))
    result = subprocess.run([ROOT / "tools/quickstart", *arguments], env=environment, capture_output=True, text=True, timeout=800, check=False)
    if result.returncode != 0:
        raise Failure(f"quickstart ended with {result.returncode}: {result.stdout[-1000:]}{result.stderr[-2000:]}")
    return result.stdout


def fetch(address):
    with urllib.request.urlopen(address, timeout=10, context=ssl._create_unverified_context()) as answer:
        return answer.read().decode()


def passwords(printed):
    return dict(re.findall(r"user (\w+), +password (\S+)", printed))


def process_of(printed):
    found = re.search(r"Viaduct is running \(process (\d+)\)", printed)
    if not found:
        raise Failure(f"quickstart does not say that Viaduct runs: {printed}")
    return int(found.group(1))


def first_call(folder):
    port, web_port = free_port(), free_port()
    try:
        first = quickstart(folder, port, web_port)
        second = quickstart(folder, port, web_port)
        if sorted(passwords(first)) != ["alice", "bob"] or passwords(first) != passwords(second):
            raise Failure(f"the second run says other passwords:\n{first}\n{second}")
        if process_of(first) == process_of(second) or os.path.exists(f"/proc/{process_of(first)}"):
            raise Failure("the second run did not restart the server")
        if os.stat(folder / "run/demo-passwords").st_mode & 0o077:
            raise Failure("others can read the demo passwords")
        page = fetch(f"https://{ADDRESS}:{web_port}/")
        if "app.js" not in page or f"https://{ADDRESS}:{web_port}" not in second:
            raise Failure(f"the web phone is not served, or not named: {page[:200]}")
        server = types.SimpleNamespace(address=ADDRESS, host=ADDRESS, port=port)
        with contextlib.ExitStack() as stack:
            alice, bob = (stack.enter_context(Baresip(folder / user, user, server, password=passwords(second)[user], domain=ADDRESS, transport=transport,
                                                      tone=tone)).registered()
                          for user, transport, tone in (("alice", "udp", 440), ("bob", "tcp", 880)))
            alice.dial(f"sip:bob@{ADDRESS}")
            bob.expect("CALL_INCOMING")
            bob.answer()
            alice.expect("CALL_ESTABLISHED")
            alice.hears(880)
            bob.hears(440)
            bob.hang_up()
            alice.expect("CALL_CLOSED")
        if "Viaduct is stopped." not in quickstart(folder, port, web_port, "stop") or os.path.exists(f"/proc/{process_of(second)}"):
            raise Failure("stop did not stop the server")
        if "Viaduct is stopped." not in quickstart(folder, port, web_port, "stop"):
            raise Failure("a second stop says something else")
    finally:
        quickstart(folder, port, web_port, "stop")


TESTS = [("quickstart twice, a call, and stop", first_call)]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
