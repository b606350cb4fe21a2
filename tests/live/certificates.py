"""Certificates for live tests, made by the openssl program: an authority, and what it issues."""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import subprocess


def openssl(*arguments, stdin=""):
    result = subprocess.run(["openssl", *map(str, arguments)], input=stdin, text=True, capture_output=True, timeout=60, check=False)
    if result.returncode != 0:
        raise RuntimeError(f"openssl {' '.join(map(str, arguments))}: {result.stderr}")
    return result.stdout


class Authority:
    """Issues NAME.pem (with the authority's own behind it) and NAME.key into its folder."""

    def __init__(self, folder, name="authority"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.file, self.key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 365, "-subj", f"/CN={name}",
                "-keyout", self.key, "-out", self.file)

    def issue(self, name, names="DNS:sip.example.test,IP:127.0.0.1", rsa=False, start="", end="", common_name=None):
        """start and end: YYYYMMDDHHMMSSZ; without them valid now, for 90 days. Returns (certificate, key)."""
        certificate, key, request = (self.folder / f"{name}.{kind}" for kind in ("pem", "key", "csr"))
        new_key = ["rsa:2048"] if rsa else ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        openssl("req", "-new", "-newkey", *new_key, "-nodes", "-subj", f"/CN={common_name or name}", "-keyout", key, "-out", request)
        work = self.folder / f"{name}.ca"
        work.mkdir(exist_ok=True)
        (work / "index.txt").write_text("")
        config = work / "ca.cnf"
        config.write_text(f"[ca]\ndefault_ca=own\n[own]\nnew_certs_dir={work}\ndatabase={work}/index.txt\ndefault_md=sha256\npolicy=any\n"
                          f"rand_serial=yes\nunique_subject=no\nx509_extensions=names\n[any]\ncommonName=supplied\n[names]\nsubjectAltName={names}\n")
        dates = ["-startdate", start, "-enddate", end] if end else ["-days", "90"]
        openssl("ca", "-batch", "-notext", "-config", config, "-cert", self.file, "-keyfile", self.key, "-in", request, "-out", certificate, *dates)
        with open(certificate, "a", encoding="ascii") as file:
            file.write(self.file.read_text())
        return certificate, key
