"""Two hosts, each a network namespace, with a cable between them: a broker on the one, clients and a
worker on the other, CURVE on the wire. Skipped with a word where namespaces cannot be made."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "languages"))
from harness import BIN, SKIPPED, Process, run_quietly  # noqa: E402

NEAR, FAR = f"steward-a{os.getpid()}", f"steward-b{os.getpid()}"
CABLE = f"stw{os.getpid()}"
BROKER, CLIENT = "10.197.3.1", "10.197.3.2"


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def steward(*words):
    return os.path.join(BIN, "steward"), *words


class TwoHosts(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name in (NEAR, FAR):
            ip("netns", "add", name)
            self.addCleanup(ip, "netns", "del", name)
        ip("link", "add", CABLE + "a", "netns", NEAR, "type", "veth", "peer", "name", CABLE + "b",
           "netns", FAR)
        for name, end, address in ((NEAR, "a", BROKER), (FAR, "b", CLIENT)):
            ip("-n", name, "address", "add", f"{address}/24", "dev", CABLE + end)
            ip("-n", name, "link", "set", CABLE + end, "up")
        os.mkdir(self.path("clients"))
        for name in ("server", "web", "works", "stranger"):
            subprocess.run(steward("keygen", name, "--directory", self.folder.name), check=True,
                           capture_output=True)
        for name in ("web", "works"):
            os.rename(self.path(name + ".pub"), self.path(f"clients/{name}.pub"))
            with open(self.path(f"clients/{name}.pub"), "a", encoding="utf-8") as granted:
                granted.write("""grants = ["submit = ['*']", "work = ['*']", "operate = true"]\n""")
        with open(self.path("steward.toml"), "w", encoding="utf-8") as config:
            config.write(f'[security]\nkey_file = "{self.path("server.key")}"\n'
                         f'clients_directory = "{self.path("clients")}"\n')

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def start(self, host, *words, **environment):
        process = Process(["ip", "netns", "exec", host, *words], **environment)
        self.addCleanup(process.end)
        return process

    def keys(self, name):
        return {"STEWARD_KEY_FILE": self.path(name + ".key"),
                "STEWARD_SERVER_KEY_FILE": self.path("server.pub")}

    def call(self, words, **environment):
        process = self.start(FAR, *steward("--broker", f"{BROKER}:5555", "--timeout", "5s", *words),
                             **environment)
        return process.wait(), process.text()

    def test_a_job_goes_over_the_wire_and_cannot_be_read_there(self):
        broker = self.start(NEAR, os.path.join(BIN, "steward-broker"), "--config",
                            self.path("steward.toml"), "--bind", BROKER, "--data-dir",
                            self.path("data"))
        broker.wait_for_line("steward-broker ready:")
        worker = self.start(FAR, os.path.join(BIN, "steward-worker-reverse"), "--broker", BROKER,
                            "--service-name", "reverse", **self.keys("works"))
        worker.wait_for_line("ready")
        status, text = self.call(["call", "reverse", '"stressed"'], **self.keys("web"))
        self.assertEqual(status, 0, text)
        self.assertIn("desserts", text)
        status, text = self.call(["ping"], **self.keys("stranger"))
        self.assertEqual(status, 4, text)
        self.assertIn("does not know this key", text)
        refused = broker.wait_for_line("key_refused")
        self.assertTrue(re.search(re.escape(CLIENT), refused), refused)
        status, text = self.call(["ping"])
        self.assertEqual(status, 4, text)


if __name__ == "__main__":
    if os.geteuid() != 0 or run_quietly(["ip", "netns", "add", NEAR]) != 0:
        print("skipped: network namespaces cannot be made here")
        sys.exit(SKIPPED)
    ip("netns", "del", NEAR)
    unittest.main()
