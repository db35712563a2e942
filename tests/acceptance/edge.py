"""What stands between a server and the world: certificates, and the proxies of tools/deploy."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DEPLOY = SOURCE / "tools" / "deploy"


class Certificate:
    """A self-signed one for localhost and all of 127.0.0.x that a test uses; its own authority."""

    NAMES = "DNS:localhost,DNS:social.example,IP:127.0.0.1,IP:127.0.0.2,IP:127.0.0.3"

    def __init__(self, folder, name="tls"):
        self.cert, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        self.renew()

    def renew(self):
        """Another key and certificate in the same files."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                        "-subj", "/CN=localhost", "-addext", f"subjectAltName={self.NAMES}",
                        "-keyout", self.key, "-out", self.cert], check=True, capture_output=True)

    def pin(self):
        """The SHA-256 of its public key, in base64."""
        import base64
        import hashlib
        key = subprocess.run(["openssl", "x509", "-in", self.cert, "-pubkey", "-noout"], check=True,
                             capture_output=True).stdout
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=key,
                             check=True, capture_output=True).stdout
        return base64.b64encode(hashlib.sha256(der).digest()).decode()

    def trust(self):
        """Makes this process and the servers that it starts believe it."""
        os.environ["SSL_CERT_FILE"] = os.environ["REQUESTS_CA_BUNDLE"] = str(self.cert)


def shared_certificate():
    """One for all servers of a test program, so that they trust one another."""
    if not hasattr(shared_certificate, "made"):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="quadpub-tls-"))
        import atexit
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        shared_certificate.made = Certificate(folder)
        shared_certificate.made.trust()
    return shared_certificate.made


def wait_for_port(port, process, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"nothing listens on {port}")


def deployed(name, changes):
    """A configuration as it is shipped, but for what an installation has to change."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    for old, new in changes:
        if old not in text:
            raise AssertionError(f"{name} does not say {old!r} any more")
        text = text.replace(old, new)
    return text


class Proxy:
    """A proxy in front of a server that listens on `backend`. close() it."""

    def __init__(self, port, backend, certificate, plain_port=None):
        self.port = port
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="quadpub-proxy-"))
        self.folder.chmod(0o755)
        self.process = None
        self.configure(port, backend, certificate, plain_port)

    def start(self, command, **options):
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **options)
        wait_for_port(self.port, self.process)

    def close(self):
        if self.process:
            self.process.terminate()
            self.process.wait(20)
        shutil.rmtree(self.folder, ignore_errors=True)


class Nginx(Proxy):
    """tools/deploy/nginx.conf in a real nginx."""

    MAIN = """
daemon off; worker_processes 1; pid {0}/pid; error_log {0}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {0}/b; proxy_temp_path {0}/p;
  fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
  include {0}/quadpub.conf;
}}
"""

    @staticmethod
    def is_there():
        return shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin") is not None

    def configure(self, port, backend, certificate, plain_port):
        live = "/etc/letsencrypt/live/social.example"
        (self.folder / "quadpub.conf").write_text(deployed("nginx.conf", [
            ("127.0.0.1:8000;", f"127.0.0.1:{backend};"),
            ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
            ("  listen [::]:443 ssl http2;\n", ""),
            ("listen 80;", f"listen 127.0.0.1:{plain_port};" if plain_port
             else f"listen unix:{self.folder}/plain;"),
            ("  listen [::]:80;\n", ""), ("server_name social.example;", "server_name _;"),
            (f"{live}/fullchain.pem", str(certificate.cert)),
            (f"{live}/privkey.pem", str(certificate.key))]))
        (self.folder / "nginx.conf").write_text(self.MAIN.format(self.folder))
        command = [shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin"), "-p",
                   str(self.folder), "-c", str(self.folder / "nginx.conf")]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        if checked.returncode != 0:
            raise AssertionError(f"nginx -t: {checked.stderr}")
        self.start(command)


class Caddy(Proxy):
    """tools/deploy/Caddyfile in a real Caddy."""

    MAIN = "{{\n\tadmin off\n\tauto_https off\n}}\n{0}"

    @staticmethod
    def is_there():
        return shutil.which("caddy") is not None

    def configure(self, port, backend, certificate, plain_port):
        text = deployed("Caddyfile", [
            ("social.example {\n", f"https://127.0.0.1:{port} {{\n"
             f"\tbind 127.0.0.1\n\ttls {certificate.cert} {certificate.key}\n"),
            ("reverse_proxy 127.0.0.1:8000", f"reverse_proxy 127.0.0.1:{backend}")])
        (self.folder / "Caddyfile").write_text(self.MAIN.format(text))
        self.start(["caddy", "run", "--adapter", "caddyfile", "--config",
                    str(self.folder / "Caddyfile")],
                   env={**os.environ, "HOME": str(self.folder)})
