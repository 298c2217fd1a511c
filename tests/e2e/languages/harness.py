"""A real broker and processes around it, for the tests of the libraries in other languages.

What is started here ends with the test; STEWARD_BIN_DIR names the folder of the programs.
"""

import ctypes
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import unittest.mock

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
HERE = os.path.dirname(os.path.abspath(__file__))
PYTHON_PATH = os.pathsep.join(os.path.join(ROOT, one) for one in ("client/python", "worker/python"))
BIN = os.environ.get("STEWARD_BIN_DIR", os.path.join(ROOT, "build", "bin"))
PATIENCE = 60.0  # longer than what a client is given
SKIPPED = 77


def wait_until(condition, patience=PATIENCE):
    """True as soon as `condition()` is; False when the patience ended before."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Process:
    """A child with its output gathered."""

    def __init__(self, words, is_asked=False, **environment):
        self.lines = []
        self.child = subprocess.Popen(
            words, stdin=subprocess.PIPE if is_asked else subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            env={**os.environ, "PYTHONPATH": PYTHON_PATH, "PYTHONDONTWRITEBYTECODE": "1",
                 **environment}, preexec_fn=_die_with_parent)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.child.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_for_line(self, part):
        def is_there():
            return any(part in line for line in self.lines)
        if not wait_until(lambda: is_there() or not self._reader.is_alive()) or not is_there():
            raise AssertionError(f"no line with {part!r} in:\n" + self.text())
        return next(line for line in self.lines if part in line)

    def text(self):
        return "\n".join(self.lines)

    def signal(self, number):
        self.child.send_signal(number)

    def wait(self):
        """The exit status, or minus the signal."""
        status = self.child.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return status

    def end(self):
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        self._reader.join(PATIENCE)
        self.child.stdout.close()
        if self.child.stdin is not None:
            self.child.stdin.close()


class BrokerTest(unittest.TestCase):
    """Each test has a broker of its own, and workers that end with it."""

    CONFIG = ""
    STOP_GRACE = "5s"
    SETTLE = "2s"

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.processes = []
        self.addCleanup(self.end_all)
        self.ports = [0, 0, 0]
        with open(self.path("steward.toml"), "w", encoding="utf-8") as config:
            config.write(f'[broker]\nstop_grace = "{self.STOP_GRACE}"\n'
                         f'settle = "{self.SETTLE}"\n{self.config()}')
        self.start_broker()

    def config(self):
        """Lines behind those of [broker]; the folder is there already."""
        return self.CONFIG

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start_broker(self):
        self.broker = self.start(
            [os.path.join(BIN, "steward-broker"), "--config", self.path("steward.toml"), "--bind",
             "127.0.0.1", "--client-port", str(self.ports[0]), "--worker-port", str(self.ports[1]),
             "--news-port", str(self.ports[2]), "--data-dir", self.path("data")])
        words = self.broker.wait_for_line("steward-broker ready:").split()
        self.frontend, self.backend, news = (words[words.index(name) + 1]
                                             for name in ("clients", "workers", "news"))
        self.ports = [int(one.rsplit(":", 1)[1]) for one in (self.frontend, self.backend, news)]

    def use_secret(self):
        """A fresh broker with an admin secret; its file."""
        secret = self.path("secret")
        with open(secret, "w", encoding="utf-8", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write("a secret for these tests\n")
        with open(self.path("steward.toml"), encoding="utf-8") as config:
            text = config.read()
        with open(self.path("steward.toml"), "w", encoding="utf-8") as config:
            config.write(text.replace("[broker]\n", f'[broker]\nadmin_secret_file = "{secret}"\n', 1))
        self.kill_broker()
        self.start_broker()
        return secret

    def answers_checks(self, worker, secret):
        """A worker of "trial" that runs nothing is asked by way of the broker, and told to leave."""
        def steward(*words):
            status, text = self.run_to_end([os.path.join(BIN, "steward"), words[0], self.frontend,
                                            "--service", "trial", *words[1:]])
            return status, text
        status, text = steward("check", "-m", "done", "-c", "1:", "-m", "failed", "-c", "1:")
        self.assertEqual(status, 0, text)
        self.assertIn("1 of 1 workers of trial answer", text)
        self.assertIn("'running'=0;;;0;1", text)
        self.assertIn("'own'=5;", text)
        self.assertNotIn("'memory'=", text)
        status, text = steward("check", "--secret-file", secret)
        self.assertIn("'memory'=", text)
        self.assertIn("'cpu'=", text)
        rows = self.run_to_end([os.path.join(BIN, "steward"), "--broker", self.frontend, "--json",
                                "workers", "trial"])[1]
        worker_id = json.loads(rows)[0]["workerid"]
        words = [os.path.join(BIN, "steward"), "shutdown", self.frontend, "--worker", worker_id]
        self.assertEqual(self.run_to_end(words)[0], 4)
        self.assertEqual(self.run_to_end([*words, "--secret-file", secret])[0], 0)
        self.assertEqual(worker.wait(), 0, worker.text())

    def kill_broker(self):
        self.broker.end()

    def start(self, words, is_asked=False, **environment):
        process = Process(words, is_asked, **environment)
        self.processes.append(process)
        return process

    def run_to_end(self, words, **environment):
        process = self.start(words, **environment)
        return process.wait(), process.text()

    def end_all(self):
        for process in reversed(self.processes):
            process.end()


class Keys:
    """For a BrokerTest: the broker has keys, and this process and all it starts are "crew"."""

    def config(self):
        os.mkdir(self.path("clients"))
        for name in ("server", "crew"):
            subprocess.run([os.path.join(BIN, "steward"), "keygen", name, "--directory",
                            self.path("")], check=True, capture_output=True)
        with open(self.path("crew.pub"), encoding="utf-8") as public, \
                open(self.path("clients/crew.pub"), "w", encoding="utf-8") as allowed:
            allowed.write(public.read() + """grants = ["submit = ['*']", "work = ['*']"]\n""")
        self.set_environment(STEWARD_KEY_FILE=self.path("crew.key"),
                             STEWARD_SERVER_KEY_FILE=self.path("server.pub"))
        return ("local_streams = false\n[security]\n"
                f'key_file = "{self.path("server.key")}"\n'
                f'clients_directory = "{self.path("clients")}"\n')

    def set_environment(self, **variables):
        """Until the test ends; an empty one counts as none."""
        change = unittest.mock.patch.dict(os.environ, variables)
        change.start()
        self.addCleanup(change.stop)

    def be_a_stranger(self):
        self.set_environment(STEWARD_KEY_FILE="", STEWARD_SERVER_KEY_FILE="")


def example(page, language, number=0):
    """A program of a page of docs/, as it stands there."""
    with open(os.path.join(ROOT, "docs", page), encoding="utf-8") as text:
        return text.read().split(f"```{language}\n")[number + 1].split("```")[0]


def run_quietly(words):
    """The exit status; not 0 when there is no such program either."""
    try:
        return subprocess.run(words, check=False, capture_output=True).returncode
    except OSError:
        return 1


def main(*needed):
    """Runs the tests; where a module or program that is `needed` is missing, says so and skips."""
    missing = []
    for name in needed:
        if os.path.sep in name:
            if not os.access(name, os.X_OK):
                missing.append(name)
            continue
        try:
            __import__(name)
        except ImportError:
            missing.append(name)
    if missing:
        print("skipped: there is no " + ", ".join(missing))
        sys.exit(SKIPPED)
    unittest.main()
