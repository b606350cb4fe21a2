#!/usr/bin/env python3
"""What was promised is kept: registrations over kill -9, restart and a full disk; calls over a reload of the script."""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

from sip_client import Client
from support import DOMAIN, Server, Failure, run_tests, wait_until

OPEN_SCRIPT = """
local registrar, options = require "viaduct.registrar", require "viaduct.options"

function on_request(req)
  if req.in_dialog then return req:relay() end
  if req.method == "REGISTER" then return registrar.save(req) end
  local answer = options.answer(req)
  if answer then return answer end
  local contacts = registrar.lookup(req.uri)
  if #contacts == 0 then return 404 end
  return req:relay(contacts)
end
"""
MODULES = '[module.db_sqlite]\nfile = "viaduct.db"\ncreate = true\n[module.registrar]\n[module.options]\n'


def open_server(folder, script=OPEN_SCRIPT, modules=MODULES, **more):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "open.lua"
    path.write_text(script)
    return Server(folder, script=path, modules=modules, **more)


def loaded(server, seconds=60):
    """What registrar.load says, once all bindings of the database are in memory."""
    return wait_until(lambda: (lambda state: state if state["done"] else None)(server.json("rpc", "registrar.load")), seconds, "the load does not end")


def bound_users(server):
    loaded(server)
    return {one["aor"].removeprefix("sip:").split("@")[0] for one in server.json("ul", "show", "--limit", "0")["bindings"]}


def load(client, users, rate, seconds):
    """New users register at that rate; yields after each slice so that the caller can break the server."""
    sent, started = 0, time.monotonic()
    while time.monotonic() - started < seconds:
        while sent < (time.monotonic() - started) * rate:
            client.register(next(users))
            sent += 1
        client.receive(0.005)
        yield


def kill_nine(folder):
    """Five times: kill -9 under load, start again, and every acknowledged binding is there."""
    server = open_server(folder / "server")
    users = (f"u{number}" for number in range(10**9))
    dice = random.Random(11)
    acknowledged = set()
    for _ in range(5):
        server.start()
        client = Client(server, DOMAIN)
        deadline = time.monotonic() + dice.uniform(0.5, 2.0)
        for _ in load(client, users, rate=2000, seconds=3):
            if time.monotonic() > deadline and len(client.answered(200)) > 100:
                break
        server.kill()
        client.receive(0.2)
        acknowledged |= {call_id.split("@")[0] for call_id in client.answered(200)}
        client.close()
    with server:
        lost = acknowledged - bound_users(server)
    if len(acknowledged) < 500:
        raise Failure(f"only {len(acknowledged)} registrations were acknowledged: too few to say anything")
    if lost:
        raise Failure(f"{len(lost)} of {len(acknowledged)} acknowledged bindings are lost, e.g. {sorted(lost)[:5]}")
    print(f"        {len(acknowledged)} acknowledged bindings over 5 kills, none lost")


def orderly_restart(folder):
    """SIGTERM under load: it ends with status 0, and the next start has all acknowledged bindings."""
    server = open_server(folder / "server").start()
    client = Client(server, DOMAIN)
    for _ in load(client, (f"r{number}" for number in range(10**9)), rate=1000, seconds=1):
        pass
    status = server.stop(seconds=20)
    if status != 0:
        raise Failure(f"ended with {status}: {server.log_tail()}")
    client.receive(0.2)
    acknowledged = {call_id.split("@")[0] for call_id in client.answered(200)}
    client.close()
    with server:
        lost = acknowledged - bound_users(server)
    if lost or not acknowledged:
        raise Failure(f"{len(lost)} of {len(acknowledged)} bindings are lost")


def full_disk(folder):
    """No room for the database: 503 with Retry-After, nothing acknowledged is lost, and it recovers."""
    small = folder / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", small], capture_output=True).returncode != 0:
        raise Failure("a 4 MiB tmpfs could not be mounted: run as root")
    try:
        with open_server(folder / "server", modules=MODULES.replace('"viaduct.db"', f'"{small}/viaduct.db"')) as server:
            client = Client(server, DOMAIN)
            client.register("before")
            wait_until(lambda: client.receive(0.1) and "before@load" in client.answered(200), 5, "the first registration was not accepted")
            filler = small / "filler"
            with open(filler, "wb") as file:
                try:
                    while True:
                        file.write(b"x" * 65536)
                        file.flush()
                except OSError:
                    pass
            number = 0
            def refused():
                nonlocal number
                for _ in range(50):
                    number += 1
                    client.register(f"full{number}")
                client.receive(0.3)
                return client.answered(503)
            wait_until(refused, 20, lambda: f"no 503 on a full disk: {list(client.statuses.items())[-3:]}")
            client.send(client.request("OPTIONS", f"sip:{server.host}:{server.port}", "alive@load"))
            wait_until(lambda: client.receive(0.1) and "alive@load" in client.answered(200), 5, "OPTIONS is not answered on a full disk")
            filler.unlink()
            def recovered():
                nonlocal number
                number += 1
                client.register(f"after{number}")
                client.receive(0.2)
                return f"after{number}@load" in client.answered(200)
            wait_until(recovered, 20, "registrations are still refused after room was made")
            acknowledged = {call_id.split("@")[0] for call_id in client.answered(200)} - {"alive"}
            missing = acknowledged - bound_users(server)
            if missing:
                raise Failure(f"acknowledged but not bound: {missing}")
            server.kill()
            server.start()
            missing = acknowledged - bound_users(server)
            if missing:
                raise Failure(f"acknowledged but lost after kill -9: {missing}")
            client.close()
    finally:
        subprocess.run(["umount", "-l", small], check=False)


def reload_under_load(folder):
    """Reload ten times while sipp makes calls: none fails; a broken script is refused and the old one goes on."""
    with open_server(folder / "server", script=OPEN_SCRIPT) as server:
        here = pathlib.Path(__file__).parent
        uas_port = server.port + 7
        uas = subprocess.Popen(["sipp", "-sn", "uas", "-i", "127.0.0.1", "-p", str(uas_port), "-nostdin"], cwd=folder, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        try:
            server.viactl("ul", "add", f"sip:service@{DOMAIN}", f"sip:service@127.0.0.1:{uas_port}")
            uac = subprocess.Popen(["sipp", "-sf", here / "calls_uac.xml", "-s", "service", "-key", "domain", DOMAIN, "-i", "127.0.0.1", "-p", str(uas_port + 2),
                                    "-r", "100", "-m", "600", "-nostdin", f"127.0.0.1:{server.port}"], cwd=folder, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
            for _ in range(10):
                time.sleep(0.4)
                server.viactl("reload")
            (folder / "server/open.lua").write_text(OPEN_SCRIPT.replace("registrar.lookup", "registrar.lokup"))
            broken = server.viactl("reload", check=False)
            if broken.returncode == 0 or "lokup" not in broken.stdout + broken.stderr or "open.lua:9" not in broken.stdout + broken.stderr:
                raise Failure(f"a broken script was not refused by name and line: {broken.stdout}{broken.stderr}")
            output, _ = uac.communicate(timeout=60)
            if uac.returncode != 0:
                raise Failure(f"calls failed during reload: {output[-1500:]}")
        finally:
            uas.send_signal(signal.SIGTERM)
            uas.wait()


def taken_port(folder):
    """A port somebody holds is named in the error, and the exit status is not 0."""
    first = open_server(folder / "first")
    with first:
        second = open_server(folder / "second", port=first.port)
        second.start(wait=False)
        status = second.process.wait(10)
        if status == 0 or str(first.port) not in second.log_tail() or "in use" not in second.log_tail():
            raise Failure(f"status {status}; {second.log_tail()}")


def missing_files(folder):
    """No script, no configuration, no database folder: one line that names the file, exit status 1."""
    binary = os.environ.get("VIADUCT_BUILD", str(pathlib.Path(__file__).resolve().parents[2] / "build")) + "/bin/viaduct"
    nothing = subprocess.run([binary, "--config", folder / "nothing.toml"], capture_output=True, text=True, timeout=10)
    if nothing.returncode != 1 or "nothing.toml" not in nothing.stderr:
        raise Failure(f"{nothing.returncode} {nothing.stderr}")
    server = open_server(folder / "server")
    (folder / "server/open.lua").unlink()
    server.start(wait=False)
    if server.process.wait(10) != 1 or "open.lua" not in server.log_tail():
        raise Failure(server.log_tail())
    server = open_server(folder / "other", modules=MODULES.replace('"viaduct.db"', '"no/such/folder/viaduct.db"'))
    server.start(wait=False)
    if server.process.wait(10) != 1 or "no/such/folder" not in server.log_tail():
        raise Failure(server.log_tail())


TESTS = [("kill -9 under load loses no acknowledged binding", kill_nine), ("orderly restart under load", orderly_restart),
         ("full disk", full_disk), ("reload under load", reload_under_load), ("taken port", taken_port), ("missing files", missing_files)]

if __name__ == "__main__":
    sys.exit(run_tests(TESTS))
