"""What the programs of bench/ that speak HTTP have in common: servers, and what they use."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import urllib.request

NGINX = """
worker_processes 2; pid {dir}/pid; error_log {dir}/error.log; daemon off;
events {{ worker_connections 2048; }}
http {{
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  open_file_cache max=16; default_type application/activity+json;
  client_body_temp_path {dir}/b; proxy_temp_path {dir}/p; fastcgi_temp_path {dir}/f;
  uwsgi_temp_path {dir}/u; scgi_temp_path {dir}/s;
  server {{ listen 127.0.0.1:{port} reuseport; root {dir}; }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def work_folder(name):
    folder = tempfile.mkdtemp(prefix=f"qp-{name}-")
    os.chmod(folder, 0o755)
    return folder


def cpu_seconds(root):
    """User and system time of a process and its children."""
    tree = [root]
    for line in subprocess.run(["ps", "-o", "pid=", "--ppid", str(root)], capture_output=True,
                               text=True).stdout.split():
        tree.append(int(line))
    ticks = 0
    for pid in tree:
        fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_kib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text).group(1))


def measure(process, port, path, connections, seconds, token=None, script=None):
    """Requests/s of wrk, and microseconds of the server's CPU for each. `script`: Lua that makes
    the requests."""
    before = cpu_seconds(process.pid)
    more = ["-H", "Accept: application/activity+json"]
    if token:
        more += ["-H", f"Authorization: Bearer {token}"]
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", *more,
                          *(["-s", script] if script else []), f"http://127.0.0.1:{port}{path}"],
                         capture_output=True, text=True, check=True).stdout
    used = cpu_seconds(process.pid) - before
    total = int(re.search(r"(\d+) requests in", out).group(1))
    if "Non-2xx" in out or "Socket errors" in out:
        print("note:", out.strip().replace("\n", "; "))
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    return rate, used / total * 1e6


class Quadpub:
    """A server with one user and one actor on a folder of its own."""

    def __init__(self, build, folder, port, *serve_args, scheme="http"):
        self.binary, self.data, self.port = f"{build}/quadpub", f"{folder}/data", port
        self.url = f"{scheme}://127.0.0.1:{port}"
        self.serve_args = serve_args
        self.run("init", "--url", self.url)
        self.run("user", "add", "bench", "--password", "bench-password")
        self.actor = json.loads(self.run("actor", "add", "bench", "--user", "bench",
                                         "--json"))["actor"]
        self.path = self.actor[len(self.url):]
        self.process = None

    def run(self, *words):
        return subprocess.run([self.binary, *words, "--data", self.data], check=True,
                              capture_output=True, text=True).stdout

    def start(self):
        """Returns when it listens."""
        self.process = subprocess.Popen(
            [self.binary, "serve", "--data", self.data, "--listen", f"127.0.0.1:{self.port}",
             *self.serve_args], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.process.stdout.readline()
        return self.process

    def token(self):
        return json.loads(self.run("token", "add", "--user", "bench", "--scope", "read write",
                                   "--json"))["access_token"]

    def get(self, url):
        return urllib.request.urlopen(url, timeout=20).read()

    def stop(self):
        stop(self.process)


def start_nginx(folder, port, body):
    """nginx with `body` as the static file /actor."""
    with open(f"{folder}/actor", "wb") as file:
        file.write(body)
    with open(f"{folder}/nginx.conf", "w") as file:
        file.write(NGINX.format(dir=folder, port=port))
    return subprocess.Popen(["nginx", "-p", folder, "-c", f"{folder}/nginx.conf"],
                            stderr=subprocess.DEVNULL)


def stop(process):
    process.send_signal(signal.SIGTERM)
    process.wait(20)
