"""A database as Kamailio's own tools make it, and a real Kamailio that registers phones in it."""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import subprocess

from support import DOMAIN, Failure, free_port, wait_until

MAKER, OWNER = "made-by-a-test", "of-a-test"  # passwords

CONFIGURATION = """#!KAMAILIO
debug=2
log_stderror=yes
children=2
disable_tcp=yes
listen=udp:127.0.0.1:{port}
loadmodule "db_mysql.so"
loadmodule "jsonrpcs.so"
loadmodule "ctl.so"
loadmodule "kex.so"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "auth.so"
loadmodule "auth_db.so"
modparam("jsonrpcs", "pretty_format", 1)
modparam("jsonrpcs", "fifo_name", "{folder}/rpc.fifo")
modparam("ctl", "binrpc", "unix:{folder}/ctl")
modparam("auth_db|usrloc", "db_url", "{url}")
modparam("auth_db|usrloc", "use_domain", 1)
modparam("auth_db", "calculate_ha1", 0)
modparam("auth_db", "password_column", "ha1")
modparam("usrloc", "db_mode", 1)  # read at start, every change written at once

request_route {{
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (has_totag()) {{
        if (loose_route()) t_relay();
        exit;
    }}
    if (is_method("REGISTER")) {{
        if (!auth_check("$td", "subscriber", "1")) {{ auth_challenge("$td", "0"); exit; }}
        save("location");
        exit;
    }}
    if (!lookup("location")) {{ sl_send_reply("404", "Not Found"); exit; }}
    record_route();
    t_relay();
}}
"""


class KamailioDatabase:
    """Made by kamdbctl, kept by kamctl; `database` is a running MariaDb."""

    def __init__(self, folder, database):
        self.folder, self.database = pathlib.Path(folder), database
        self.folder.mkdir(parents=True, exist_ok=True)
        self.rc = self.folder / ".kamctlrc"  # where kamctl looks for it
        self.rc.write_text(f'## of a test\nSIP_DOMAIN={DOMAIN}\nDBENGINE=MYSQL\nDBHOST=127.0.0.1\nDBPORT={database.port}\nDBNAME=kamailio\n'
                           f'DBRWUSER="kamailio"\nDBRWPW="{OWNER}"\nDBROUSER="kamailioro"\nDBROPW="{OWNER}"\nDBROOTUSER="maker"\nDBROOTPW="{MAKER}"\n'
                           f'CHARSET="latin1"\nINSTALL_EXTRA_TABLES=no\nINSTALL_PRESENCE_TABLES=no\nINSTALL_DBUID_TABLES=no\n'
                           f'STORE_PLAINTEXT_PW=0\nCTLENGINE="RPCFIFO"\nRPCFIFOPATH="{self.folder}/rpc.fifo"\n')
        self.url = f"mysql://kamailio:{OWNER}@127.0.0.1:{database.port}/kamailio"

    def tool(self, name, *arguments):
        result = subprocess.run([name, *arguments], env={**os.environ, "HOME": str(self.folder)}, stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, timeout=60, check=False)
        if result.returncode != 0 or "ERROR" in result.stdout + result.stderr:
            raise Failure(f"{name} {' '.join(arguments)} ended with {result.returncode}: {result.stdout}{result.stderr}")
        return result.stdout

    def kamctl(self, *arguments):
        return self.tool("kamctl", *arguments)

    def create(self):
        self.database.sql(f"CREATE USER maker@'127.0.0.1' IDENTIFIED BY '{MAKER}'; GRANT ALL ON *.* TO maker@'127.0.0.1' WITH GRANT OPTION")
        self.tool("kamdbctl", "create")

    def module(self):
        """The table [module.db_mariadb] of a server that goes on with this database."""
        return (f'[module.db_mariadb]\nhosts = ["127.0.0.1:{self.database.port}"]\ndatabase = "kamailio"\nuser = "kamailio"\npassword = "{OWNER}"\n'
                f'admin_host = "unix:{self.database.socket}"\n')


class KamailioRegistrar:
    """Use as a context manager. Phones register as with a server of ours."""

    def __init__(self, database):
        self.database, self.folder = database, database.folder
        self.address = self.host = "127.0.0.1"
        self.port, self.process = free_port(), None
        (self.folder / "kamailio.cfg").write_text(CONFIGURATION.format(port=self.port, folder=self.folder, url=database.url))

    def __enter__(self):
        with open(self.folder / "kamailio.txt", "wb") as output:
            self.process = subprocess.Popen(
                ["kamailio", "-f", self.folder / "kamailio.cfg", "-DD", "-E", "-m", "32", "-w", self.folder, "-Y", self.folder, "-P", self.folder / "pid"],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_until(self._runs, 20, lambda: f"Kamailio does not start: {self.log_tail()}")
        return self

    def _runs(self):
        if self.process.poll() is not None:
            raise Failure(f"Kamailio ended with {self.process.returncode}: {self.log_tail()}")
        return (self.folder / "ctl").exists() and self.kamcmd("core.uptime", check=False)

    def kamcmd(self, *arguments, check=True):
        result = subprocess.run(["kamcmd", "-s", f"unix:{self.folder}/ctl", *arguments], capture_output=True, text=True, timeout=10, check=False)
        if check and (result.returncode != 0 or result.stdout.startswith("error")):
            raise Failure(f"kamcmd {' '.join(arguments)}: {result.stdout}{result.stderr}; its log ends: {self.log_tail()}")
        return result.stdout if result.returncode == 0 else ""

    def log_tail(self, lines=12):
        return "\n".join((self.folder / "kamailio.txt").read_text(errors="replace").splitlines()[-lines:])

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(15)
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
