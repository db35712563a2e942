#!/usr/bin/env python3
"""How fast is a GET of 1.5 KB, beside nginx serving a file of that size in the same run?

    bench/http.py PATH/TO/http_server [rounds] [seconds]

Prints requests/s and CPU microseconds a request (of the server's processes, from /proc) at 64 and
256 keep-alive connections, alternating between the servers; the ratios are medians over rounds.
"""
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

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


def measure(process, port, connections, seconds):
    before = cpu_seconds(process.pid)
    out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s",
                          f"http://127.0.0.1:{port}/actor"], capture_output=True, text=True,
                         check=True).stdout
    used = cpu_seconds(process.pid) - before
    total = int(re.search(r"(\d+) requests in", out).group(1))
    if "Non-2xx" in out or "Socket errors" in out:
        print("note:", out.strip().replace("\n", "; "), file=sys.stderr)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    return rate, used / total * 1e6


def main():
    binary = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    seconds = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    work = tempfile.mkdtemp(prefix="qp-http-")
    os.chmod(work, 0o755)
    with open(f"{work}/actor", "w") as file:
        file.write("x" * 1500)
    ports = {name: free_port() for name in ("nginx", "inline", "pool")}
    with open(f"{work}/nginx.conf", "w") as file:
        file.write(NGINX.format(dir=work, port=ports["nginx"]))
    servers = {"nginx": subprocess.Popen(["nginx", "-p", work, "-c", f"{work}/nginx.conf"],
                                         stderr=subprocess.DEVNULL)}
    for mode in ("inline", "pool"):
        servers[mode] = subprocess.Popen([binary, str(ports[mode]), mode])
    try:
        time.sleep(0.5)
        for connections in (64, 256):
            results = {name: [] for name in servers}
            for _ in range(rounds):
                for name, process in servers.items():
                    results[name].append(measure(process, ports[name], connections, seconds))
            for name, figures in results.items():
                base = results["nginx"]
                print(f"c={connections:<4} {name:<7}"
                      f" {statistics.median(f[0] for f in figures):>9.0f} req/s"
                      f" {statistics.median(f[1] for f in figures):>7.2f} us CPU/request"
                      f"   x nginx: rps {statistics.median(f[0] / b[0] for f, b in zip(figures, base)):.2f},"
                      f" CPU {statistics.median(f[1] / b[1] for f, b in zip(figures, base)):.2f}",
                      flush=True)
    finally:
        for process in servers.values():
            process.send_signal(signal.SIGTERM)
        for process in servers.values():
            process.wait(20)


if __name__ == "__main__":
    main()
