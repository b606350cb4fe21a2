"""A real nginx in front of a server's HTTP port, with the locations of etc/nginx/viaduct.conf but for TLS."""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import subprocess

from support import ROOT, free_port, wait_until
from web_client import get


class Nginx:
    def __init__(self, folder, server):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.address = ("127.0.0.1", free_port())
        site = (ROOT / "etc/nginx/viaduct.conf").read_text()
        site = re.sub(r"listen \[::\]:443 ssl;|ssl_certificate.*;", "", site)
        site = site.replace("listen 443 ssl;", f"listen {self.address[0]}:{self.address[1]};")
        site = site.replace("server 127.0.0.1:8080;", f"server {server[0]}:{server[1]};")
        (self.folder / "site.conf").write_text(site)
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(f"daemon off;\npid {self.folder}/nginx.pid;\nerror_log {self.folder}/error.log;\nworker_processes 1;\n"
                                                f"events {{}}\nhttp {{\naccess_log off;\n{temporary}include {self.folder}/site.conf;\n}}\n")
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(["nginx", "-p", self.folder, "-c", self.folder / "nginx.conf"], stdin=subprocess.DEVNULL,
                                        stderr=open(self.folder / "output.txt", "wb"))
        wait_until(self._answers, 10, lambda: f"nginx does not answer: {(self.folder / 'output.txt').read_text()}")
        return self

    def _answers(self):
        try:
            return get(self.address, "/healthz")[0] == 200
        except OSError:
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)
