"""A private Galera cluster of three MariaDB servers on loopback, whose members can be killed, split off and brought back."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import os
import pathlib
import shutil
import tempfile

from mariadb import MariaDb
from support import Failure, free_port, wait_until

PROVIDER = "/usr/lib/galera/libgalera_smm.so"
# Who is silent for that long is out; Galera's own defaults are 5 and 15 s.
PATIENCE = ("evs.keepalive_period=PT0.3S;evs.suspect_timeout=PT1.5S;evs.inactive_timeout=PT3S;evs.inactive_check_period=PT0.3S;"
            "gcache.size=8M;gcache.dir=.;pc.recovery=false")


class Member(MariaDb):
    """Runs as mysql where the tests run as root: the transfer of a whole state is rsync's, which writes nothing as root."""

    def __init__(self, folder, number, group_ports):
        group, transfer, snapshot = group_ports[number], free_port(), free_port()
        everybody = ",".join(f"127.0.0.1:{port}" for port in group_ports)
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="viaduct-galera-"))  # below a folder that mysql may enter
        super().__init__(folder / f"db{number}", data=self.home / "data", options=[
            "--wsrep-on=ON", f"--wsrep-provider={PROVIDER}", "--wsrep-cluster-name=viaduct", f"--wsrep-cluster-address=gcomm://{everybody}",
            f"--wsrep-node-name=db{number}", f"--wsrep-node-address=127.0.0.1:{group}", "--wsrep-sst-method=rsync",
            f"--wsrep-sst-receive-address=127.0.0.1:{snapshot}", "--binlog-format=ROW", "--innodb-autoinc-lock-mode=2",
            f"--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:{group};ist.recv_addr=127.0.0.1:{transfer};{PATIENCE}"])

    def account(self):
        return ["--user=mysql"] if os.geteuid() == 0 else []

    def _prepare(self):
        super()._prepare()
        if os.geteuid() == 0:
            for place in (self.socket.parent, self.home, self.data, *self.data.rglob("*")):
                shutil.chown(place, "mysql", "mysql")

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        shutil.rmtree(self.home, ignore_errors=True)

    def status(self, name):
        rows = self.sql(f"SHOW STATUS LIKE 'wsrep_{name}'", check=False)
        return rows[0][1] if rows else None

    def start_first(self):
        """Begins the cluster."""
        self.options.append("--wsrep-new-cluster")
        try:
            return self.start()
        finally:
            self.options.pop()

    def joined(self, members, seconds=40):
        wait_until(lambda: self.status("ready") == "ON" and self.status("cluster_size") == str(members), seconds,
                   lambda: f"no member of {members} but {self.status('ready')}, {self.status('cluster_size')}; its log ends:\n{self.log_tail()}")
        return self

    def isolate(self, on):
        """Cuts it off from the others, as a broken network does: Galera's own means for tests."""
        self.sql(f"SET GLOBAL wsrep_provider_options='gmcast.isolate={int(on)}'")


@contextlib.contextmanager
def cluster(folder, members=3):
    ports = [free_port() for _ in range(members)]
    if len(set(ports)) != members:
        raise Failure("no free ports")
    with contextlib.ExitStack() as stack:
        databases = [Member(folder, number, ports) for number in range(members)]
        for database in databases:
            stack.callback(database.__exit__)
        databases[0].start_first()
        for database in databases[1:]:
            database.start()
        for database in databases:
            database.joined(members)
        yield databases
