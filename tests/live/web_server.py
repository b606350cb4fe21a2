"""What browser tests add to a server: a certificate, WSS, the pages, nginx in front, and a network that can be cut."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import dataclasses
import pathlib
import shutil
import socket
import subprocess
import threading

from support import BUILD, DOMAIN, ROOT, Failure, Server, free_port, wait_until


@dataclasses.dataclass(frozen=True)
class Certificate:
    certificate: pathlib.Path
    key: pathlib.Path


_made = {}


def certificate(folder=None):
    """A self-signed one for this run, for loopback and the test's domain; made in the folder of the first call."""
    if not _made:
        made = Certificate(folder / "certificate.pem", folder / "key.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                        "-subj", f"/CN={DOMAIN}", "-addext", f"subjectAltName=DNS:{DOMAIN},DNS:localhost,IP:127.0.0.1",
                        "-keyout", made.key, "-out", made.certificate], check=True, capture_output=True)
        _made["it"] = made
    return _made["it"]


def build_pages():
    for output, page in ((BUILD / "webphone", "etc/webphone"), (BUILD / "browser-test/sipjs", "tests/live/browser/sipjs")):
        result = subprocess.run([ROOT / "tools/build-webphone", output, ROOT / page], capture_output=True, text=True, timeout=300, check=False)
        if result.returncode != 0:
            raise Failure(result.stderr)


def pages(folder):
    """The web phone at /, the page over SIP.js at /sipjs/."""
    build_pages()
    shutil.copytree(BUILD / "webphone", folder, dirs_exist_ok=True)
    shutil.copytree(BUILD / "browser-test/sipjs", folder / "sipjs", dirs_exist_ok=True)
    return folder


@dataclasses.dataclass(frozen=True)
class Place:
    """Where a browser finds a server's page and its WebSocket."""
    page: str
    websocket: str


class WebServer(Server):
    """A server with WSS, pages and the users of the tests; browsers reach it at `web_hosts`."""

    def __init__(self, folder, users=("alice", "bob", "carol"), web_hosts=("127.0.0.1",), **options):
        folder = pathlib.Path(folder)
        self.users = users
        self.tls_port, self.plain_port = free_port(), free_port()
        mine = certificate()
        # The page's policy allows other ports than its own here: some tests put something in between.
        listen = "".join(f'[[listen]]\ntransport = "wss"\naddress = "{host}:{self.tls_port}"\n' for host in web_hosts)
        extra = f"""{listen}[[listen]]
transport = "ws"
address = "127.0.0.1:{self.plain_port}"
[module.tls]
certificate = "{mine.certificate}"
key = "{mine.key}"
[module.http]
files = "{pages(folder / "pages")}"
content_security_policy = "default-src 'self'; connect-src 'self' wss:"
trusted_proxies = ["127.0.0.1"]
[module.websocket]
"""
        super().__init__(folder, extra=extra, **options)
        place = self.at(web_hosts[0])
        self.page, self.websocket = place.page, place.websocket
        self.behind = f"http://127.0.0.1:{self.plain_port}"  # what nginx passes to

    def __enter__(self):
        super().__enter__()
        for user in self.users:
            self.add_user(user, "secret")
        return self

    def at(self, host):
        return Place(f"https://{host}:{self.tls_port}", f"wss://{host}:{self.tls_port}/ws")

    def bindings(self):
        """The contact URIs that are registered."""
        return [one["contact"] for one in self.json("ul", "show")["bindings"]]


class Nginx:
    """nginx as the end of TLS: it hands the pages and /ws on to the server."""

    def __init__(self, folder, server):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.port = free_port()
        self.server = server
        self.page = f"https://127.0.0.1:{self.port}"
        self.websocket = f"wss://127.0.0.1:{self.port}/ws"
        mine = certificate()
        temporary = "".join(f"{name}_temp_path {self.folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        (self.folder / "nginx.conf").write_text(f"""daemon off;
pid {self.folder}/nginx.pid;
error_log {self.folder}/error.log;
worker_processes 1;
events {{}}
http {{
    access_log off;
    {temporary}
    server {{
        listen 127.0.0.1:{self.port} ssl;
        ssl_certificate {mine.certificate};
        ssl_certificate_key {mine.key};
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
        location / {{
            proxy_pass {server.behind};
        }}
        location /ws {{
            proxy_pass {server.behind};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_read_timeout 1h;
        }}
    }}
}}
""")
        self.process = None

    def __enter__(self):
        with open(self.folder / "output.txt", "wb") as output:
            self.process = subprocess.Popen(["nginx", "-c", self.folder / "nginx.conf"], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        wait_until(self._listens, 10, lambda: f"nginx does not start: {(self.folder / 'output.txt').read_text()}")
        return self

    def _listens(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(10)


class Cut:
    """A TCP way to a port on loopback that can be cut (connections reset, new ones refused), made to swallow all, and restored."""

    def __init__(self, port):
        self.to = port
        self.port = free_port()
        self.swallows = False
        self.pairs = []
        self.listener = None

    def __enter__(self):
        self.restore()
        return self

    def __exit__(self, *_):
        self.cut()

    def restore(self):
        self.swallows = False
        if self.listener is None:
            self.listener = socket.create_server(("127.0.0.1", self.port))
            threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def cut(self):
        if self.listener:
            # A thread waits in accept(): shutdown wakes it up, close alone would not.
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
        self._end_all()

    def swallow(self):
        """From now on nothing gets through, and nobody is told."""
        self.swallows = True

    def _end_all(self):
        pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener):
        with contextlib.suppress(OSError):
            while True:
                near = listener.accept()[0]
                if self.swallows:
                    self.pairs.append((near,))
                    continue
                far = socket.create_connection(("127.0.0.1", self.to), 5)
                far.settimeout(None)  # silence is no fault
                self.pairs.append((near, far))
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    def _carry(self, source, target):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if not self.swallows:
                    target.sendall(piece)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
