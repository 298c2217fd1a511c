"""Everything that runs in a soak: a supervisor with a broker, a gateway and workers of each kind,
in a folder and on ports of its own. What is started here ends with it."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

LANGUAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e", "languages")
sys.path.insert(0, os.path.abspath(LANGUAGES))

import harness  # noqa: E402
from harness import BIN, HERE, wait_until  # noqa: E402

PHP = "/usr/bin/php"
# All that would grow by design for hours is bounded so that it is full within the first third.
CONFIG = """
[broker]
client_port = {clients}
worker_port = {workers}
news_port = {news}
data_dir = "{folder}/data"
settle = "1s"
drain_limit = "2s"
heartbeat_interval = "1s"
max_losses = 1000
max_attempts_async = 1000
result_ttl = "{result_ttl}"
session_idle = "20s"
backoff_first = "50ms"
backoff_max = "1s"
[limits]
dead_letters_max = 200
[journal]
file_bytes_max = "4MiB"
checkpoint_bytes_min = "4MiB"
[lifecycle]
bytes_max = "1MiB"
files = 2
[gateway]
brokers = ["127.0.0.1:{clients}"]
news = ["127.0.0.1:{news}"]
port = {web}
[supervisor]
run_dir = "{folder}/run"
log_dir = "{folder}/logs"
sample_every = "500ms"
ready_after = "200ms"
restart_pause_first = "20ms"
restart_pause_max = "500ms"
healthy_after = "500ms"
restarts_max = 10000
log_bytes_max = "256KiB"
log_files = 2
[[process]]
name = "broker"
kind = "server"
program = "steward-broker"
args = ["--config", "{folder}/steward.toml"]
notify = true
[[process]]
name = "gateway"
kind = "server"
program = "steward-gateway"
args = ["--config", "{folder}/steward.toml"]
notify = true
[[pool]]
name = "native"
program = "steward-worker-trial"
args = ["--service", "native", "--concurrency", "4"]
services = ["native"]
notify = true
count = 2
[[pool]]
name = "reverse"
program = "steward-worker-reverse"
args = ["--service", "reverse"]
services = ["reverse"]
notify = true
[[pool]]
name = "exec"
program = "steward-worker-exec"
args = ["--service", "exec", "--concurrency", "2", "--", "/bin/cat"]
services = ["exec"]
notify = true
[[pool]]
name = "python"
program = "/usr/bin/python3"
args = ["{languages}/trial_worker.py", "tcp://127.0.0.1:{workers}", "4"]
env = ["PYTHONPATH={python_path}", "PYTHONDONTWRITEBYTECODE=1"]
services = ["trial", "echo"]
port_flags = false
count = 2
[[service]]
name = "native"
[[service]]
name = "reverse"
[[service]]
name = "exec"
[[service]]
name = "trial"
[[service]]
name = "echo"
[[schedule]]
name = "each minute"
expression = "* * * * *"
service = "reverse"
params = '"a schedule"'
"""


def free_ports(number):
    """Below those that the system gives out by itself, so that they stay free between two starts."""
    ports = []
    port = 20_000 + os.getpid() * 37 % 10_000
    while len(ports) < number:
        port += 1
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
                ports.append(port)
            except OSError:
                continue
    return ports


class House:
    def __init__(self, result_ttl):
        self._folder = tempfile.TemporaryDirectory(prefix="steward-soak-")
        self.folder = self._folder.name
        clients, workers, news, self.web = free_ports(4)
        self.clients = f"tcp://127.0.0.1:{clients}"
        self.workers = f"tcp://127.0.0.1:{workers}"
        self.broker = f"127.0.0.1:{clients}"
        with open(self.path("steward.toml"), "w", encoding="utf-8") as config:
            config.write(CONFIG.format(folder=self.folder, clients=clients, workers=workers,
                                       news=news, web=self.web, languages=HERE,
                                       python_path=harness.PYTHON_PATH,
                                       result_ttl=result_ttl))
        self.supervisor = None
        self.start()

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        self.supervisor = harness.Process(
            [os.path.join(BIN, "steward-supervisor"), "--foreground", "--config",
             self.path("steward.toml")], **self.environment())
        self.supervisor.wait_for_line("supervisor_ready")

    def environment(self):
        """What is told to all that is started here, beside this program's own."""
        return {"HEARTBEAT_INTERVAL": "1", "STEWARD_TEST_MARK": self.folder,
                "STEWARD_RUN_DIR": self.path("run"), "STEWARD_LOG_DIR": self.path("logs")}

    def tool(self, *words, patience=60):
        """What `steward WORDS…` says: its exit status and output."""
        done = subprocess.run([os.path.join(BIN, "steward"), "--broker", self.broker, *words],
                              env={**os.environ, **self.environment()}, capture_output=True, text=True,
                              timeout=patience, check=False)
        return done.returncode, done.stdout

    def rows(self, *words):
        status, text = self.tool("--json", *words)
        rows = []
        for line in text.splitlines() if status == 0 else []:
            row = json.loads(line)
            rows += row if isinstance(row, list) else [row]
        return rows

    def all_run(self):
        def is_so():
            rows = self.rows("ps")
            return len(rows) == 8 and all(row["state"] == "running" for row in rows)
        return wait_until(is_so, 60)

    def answers(self):
        """Whether the gateway serves and reaches the broker."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.web}/readyz", timeout=5) as answer:
                return answer.status == 200
        except (OSError, urllib.error.URLError):
            return False

    def pids(self):
        """Of all processes that run now, by name."""
        found = {"supervisor": self.supervisor.child.pid}
        try:
            names = os.listdir(self.path("run"))
        except OSError:
            return found
        for name in names:
            if name.endswith(".pid") and name != "supervisor.pid":
                try:
                    with open(os.path.join(self.path("run"), name), encoding="utf-8") as file:
                        found[name[:-4]] = int(file.read().split()[0])
                except (OSError, ValueError, IndexError):
                    continue  # it is just being replaced
        return found

    def kill(self, name, number):
        """False: it does not run at the moment."""
        pid = self.pids().get(name)
        try:
            if pid is None or pid == self.supervisor.child.pid:
                return False
            os.kill(pid, number)
            return True
        except ProcessLookupError:
            return False

    def kill_supervisor(self):
        """On the thread that lives as long as the house: the supervisor ends with its parent."""
        self.supervisor.end()
        self.start()

    def living(self):
        """Every process that was started here, itself or by others: found by a mark."""
        mark = b"STEWARD_TEST_MARK=" + self.folder.encode()
        found = []
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open(f"/proc/{name}/environ", "rb") as file:
                        if mark in file.read().split(b"\0"):
                            found.append(int(name))
                except OSError:
                    continue
        return found

    def end(self):
        """Stops all. Returns the processes that are left, which are killed then."""
        self.supervisor.signal(signal.SIGTERM)
        try:
            self.supervisor.wait()
        except subprocess.TimeoutExpired:
            pass  # said as what is left
        wait_until(lambda: not self.living())
        left = self.living()
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        self.supervisor.end()
        self._folder.cleanup()
        return left
