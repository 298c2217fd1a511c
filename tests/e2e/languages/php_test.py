"""The PHP client and worker with a real broker, and with workers in C++."""

import json
import os
import signal
import subprocess
import time
import tomllib

import harness
from harness import BIN, HERE, wait_until

PHP = "/usr/bin/php"


class Client:
    """client.php: a call is a line to it, and its answer one from it."""

    def __init__(self, test, encoding="json", brokers=None):
        self._process = test.start([PHP, os.path.join(HERE, "client.php"),
                                    brokers or test.frontend, encoding],
                                   is_asked=True, STEWARD_TEST_GO=test.path("go"))
        self._seen = 0

    def begin(self, method, **arguments):
        self._process.child.stdin.write(json.dumps([method, arguments]) + "\n")
        self._process.child.stdin.flush()

    def end(self):
        if not wait_until(lambda: len(self._process.lines) > self._seen):
            raise AssertionError("no answer: " + self._process.text())
        self._seen += 1
        return json.loads(self._process.lines[self._seen - 1])

    def tell(self, method, **arguments):
        self.begin(method, **arguments)
        return self.end()

    def signal(self, number):
        self._process.signal(number)

    def ask(self, method, **arguments):
        told = self.tell(method, **arguments)
        if "answer" not in told:
            raise AssertionError(f"{method}: {told}")
        return told["answer"]


class PhpTest(harness.BrokerTest):
    def setUp(self):
        super().setUp()
        self.client = Client(self)

    def start_worker(self, concurrency=1, max_jobs=0, **environment):
        worker = self.start([PHP, os.path.join(HERE, "trial_worker.php"), self.backend,
                             str(concurrency), str(max_jobs)], **environment)
        worker.wait_for_line("ready broker=")
        return worker

    def submit(self, order, **options):
        return self.client.ask("submit", service="trial", params=order, options=options)

    def state(self, job):
        return self.client.ask("status", job=job)["state"]

    def reaches(self, job, state):
        self.assertTrue(wait_until(lambda: self.state(job) == state),
                        self.client.ask("status", job=job))

    def failure(self, order, **options):
        told = self.client.tell("call", service="trial", params=order, options=options)
        self.assertEqual(told.get("error"), "JobFailed", told)
        return told["text"]


class Clients(PhpTest):
    def test_a_call_gives_the_result_in_each_encoding(self):
        reverse = self.start([os.path.join(BIN, "steward-worker-reverse"), "--backend-server",
                              self.backend, "--service-name", "reverse"])
        reverse.wait_for_line(" ready ")
        self.start_worker()
        self.assertEqual(self.client.ask("call", service="reverse", params={"str": "straße"}),
                         "eßarts")
        for encoding in ("json", "msgpack", "php"):
            client = Client(self, encoding)
            for value in (1, "ü", [1, [2]], {"a": None, "b": True}, 1.5, "", -7, 2**40):
                self.assertEqual(client.ask("call", service="echo", params=value), value)
        self.assertIsNone(self.client.ask("call", service="echo"))
        large = "x" * 3_000_000
        self.assertEqual(self.client.ask("call", service="echo", params=large), large)
        opaque = self.client.tell("call", service="bytes", raw="abc")
        self.assertEqual(opaque["answer"], "\0�abc")

    def test_no_encoding_makes_objects(self):
        self.start_worker()
        for encoding in ("msgpack", "php"):
            client = Client(self, encoding)
            client.ask("call", service="echo", marked=self.path("by the worker"))
            client.ask("call", service="marked", params=self.path("by the client"))
            self.assertFalse(os.path.exists(self.path("by the worker")), encoding)
            self.assertFalse(os.path.exists(self.path("by the client")), encoding)

    def test_a_submitted_job_is_there_and_its_result_can_be_fetched(self):
        self.start_worker()
        job = self.submit({}, priority="high", context="order-7", meta={"trace": "17"},
                          time_limit="5min")
        result = self.client.ask("wait", job=job)
        self.assertEqual((result["id"], result["priority"], result["context"], result["meta"],
                          result["limit"]), (job, 4096, "order-7", {"trace": "17"}, 300))
        self.assertEqual(self.state(job), "succeeded")

    def test_meta_may_be_empty(self):
        self.start_worker()
        self.assertEqual(self.client.ask("wait", job=self.submit({}, meta=[]))["meta"], [])

    def test_parts_come_as_they_are_sent(self):
        self.start_worker()
        told = self.client.tell("call", service="trial", onPart=True,
                                params={"parts": [1, "two", [3]], "until": self.path("go")})
        self.assertEqual(told["parts"], [1, "two", [3]])  # the third lets the job end
        self.assertEqual(told["answer"]["attempt"], 1)

    def test_failures_are_exceptions_that_tell(self):
        self.start_worker()
        self.assertEqual(self.failure({"outcome": "fail"}), "RuntimeException: as it was told")
        refused = self.client.tell("call", service="nobody")
        self.assertEqual((refused["error"], refused["code"], refused["later"]),
                         ("Refused", 1101, False))
        late = self.client.tell("call", service="trial", params={"until": self.path("never")},
                                options={"time_limit": 1}, timeout=0.3)
        self.assertEqual(late["error"], "Timeout")
        wrong = self.client.tell("submit", service="trial", options={"prioritty": 5})
        self.assertEqual(wrong["error"], "InvalidArgumentException")
        dead = self.client.tell("wait", job=self.submit({"outcome": "reject"}))
        self.assertEqual((dead["error"], dead["state"]), ("JobFailed", "dead"))

    def test_many_at_once(self):
        self.start_worker(2)
        specs = [["echo", i] for i in range(2500)]
        ids = self.client.ask("submitMany", specs=specs + [["nobody"]], timeout=50)
        self.assertEqual(len({one["answer"] for one in ids[:-1]}), 2500)
        self.assertEqual(ids[-1]["code"], 1101)
        answers = self.client.ask("callMany", specs=[["echo", i] for i in range(300)])
        self.assertEqual([one.get("answer", one) for one in answers], list(range(300)))

    def test_a_cut_connection_makes_no_second_job(self):
        self.client.ask("operate", verb="mode", arguments={"changes": [{"mode": "paused"}]})
        self.start_worker()
        mark = self.path("mark")
        first = self.client.ask("submitMany", specs=[["trial", {"mark": mark}]] * 20)
        self.kill_broker()
        self.client.begin("submitMany", specs=[["trial", {"mark": mark}]] * 20)
        self.start_broker()
        ids = sorted(one["answer"] for one in first + self.client.end()["answer"])
        self.assertEqual(len(set(ids)), 40)
        self.client.ask("operate", verb="mode", arguments={"changes": [{"mode": "running"}]})
        for job in ids:
            self.client.ask("wait", job=job)
        with open(mark, encoding="utf-8") as lines:
            self.assertEqual(sorted(line.split()[0] for line in lines), ids)

    def test_the_next_broker_is_tried_when_one_is_not_there(self):
        self.start_worker()
        client = Client(self, brokers="127.0.0.1:1," + self.frontend)
        self.assertEqual(client.ask("call", service="echo", params=5), 5)

    def test_questions_and_operations(self):
        self.start_worker()
        services = self.client.ask("query", what="services")
        self.assertIn("echo", [row["service"] for row in services])
        job = self.submit({"until": self.path("never")})
        self.reaches(job, "active")
        operated = self.client.ask("operate", verb="cancel", arguments={"jobs": [job]})
        self.assertEqual(operated["changed"], 1)
        self.reaches(job, "cancelled")


class Workers(PhpTest):
    def test_outcomes(self):
        self.start_worker()
        twice = self.submit({"outcome": "exit"}, max_attempts=2, backoff="50ms")
        self.reaches(twice, "dead")
        status = self.client.ask("status", job=twice)
        self.assertEqual(status["attempt"], 2)
        self.assertIn("called exit()", json.dumps(status))
        once = self.submit({"outcome": "reject"}, max_attempts=5)
        self.reaches(once, "dead")
        self.assertEqual(self.client.ask("status", job=once)["attempt"], 1)
        snoozed = self.submit({"outcome": "snooze", "once": self.path("once")}, max_attempts=1)
        self.assertEqual(self.client.ask("wait", job=snoozed)["id"], snoozed)

    def test_a_snooze_is_held_to_nothing_and_ten_years(self):
        worker = self.start_worker()
        at_once = self.submit({"outcome": "snooze", "once": self.path("once"), "pause": -1})
        self.assertEqual(self.client.ask("wait", job=at_once)["id"], at_once)
        long = self.submit({"outcome": "snooze", "once": self.path("long"), "pause": "10000d"})
        self.reaches(long, "scheduled")
        self.assertNotIn("broker_lost", worker.text())

    def test_a_fatal_error_or_a_death_is_a_failed_job_and_nothing_more(self):
        worker = self.start_worker()
        self.assertIn("Allowed memory size", self.failure({"outcome": "fatal"},
                                                          memory_limit="64MiB"))
        self.assertIn("signal 9", self.failure({"outcome": "kill"}))
        self.assertEqual(self.client.ask("call", service="echo", params=1), 1)
        worker.signal(signal.SIGTERM)
        self.assertEqual(worker.wait(), 0, worker.text())

    def test_it_is_checked_and_told_to_leave_by_way_of_the_broker(self):
        secret = self.use_secret()
        worker = self.start_worker()
        self.client.ask("wait", job=self.submit({}))
        self.reaches(self.submit({"outcome": "reject"}), "dead")
        self.answers_checks(worker, secret)

    def test_a_long_job_is_no_dead_worker(self):
        self.start_worker(HEARTBEAT_INTERVAL="1")
        until = self.path("go")
        self.client.begin("call", service="trial", params={"until": until})
        time.sleep(3.5)  # more than three heartbeat intervals: nothing may happen
        open(until, "w", encoding="utf-8").close()
        self.assertEqual(self.client.end()["answer"]["attempt"], 1)

    def test_a_killed_worker_loses_no_job(self):
        worker = self.start_worker()
        until = self.path("go")
        job = self.submit({"until": until})
        self.reaches(job, "active")
        worker.end()
        open(until, "w", encoding="utf-8").close()
        self.start_worker()
        self.assertEqual(self.client.ask("wait", job=job)["attempt"], 2)

    def test_told_to_leave_a_worker_finishes_what_runs_and_takes_no_more(self):
        worker = self.start_worker()
        until = self.path("go")
        first = self.submit({"until": until})
        self.reaches(first, "active")
        second = self.submit({})
        worker.signal(signal.SIGTERM)
        worker.wait_for_line("leaving")
        self.assertEqual(self.state(second), "ready")
        open(until, "w", encoding="utf-8").close()
        self.assertEqual(worker.wait(), 0, worker.text())
        self.assertEqual(self.client.ask("wait", job=first)["attempt"], 1)
        self.start_worker()
        self.assertEqual(self.client.ask("wait", job=second)["attempt"], 1)

    def test_children_run_beside_each_other_and_give_way_to_fresh_ones(self):
        self.start_worker(3, 2)
        answers = self.client.ask("callMany", specs=[["trial"]] * 12)
        jobs = {}
        for one in answers:
            jobs[one["answer"]["pid"]] = jobs.get(one["answer"]["pid"], 0) + 1
        self.assertTrue(all(number <= 2 for number in jobs.values()), jobs)
        until = self.path("go")
        ids = [self.submit({"until": until}) for _ in range(3)]
        self.assertTrue(wait_until(lambda: len(self.client.ask("query", what="active")) == 3))
        open(until, "w", encoding="utf-8").close()
        for job in ids:
            self.client.ask("wait", job=job)


class Restarts(PhpTest):
    SETTLE = "20s"  # so long a worker may take to come back with what it runs

    def test_a_call_stays_open_through_a_restart_and_runs_once(self):
        self.start_worker()
        until, mark = self.path("go"), self.path("mark")
        self.client.begin("call", service="trial", params={"until": until, "mark": mark})
        self.assertTrue(wait_until(lambda: os.path.exists(mark)))
        self.client.signal(signal.SIGSTOP)  # the call comes back when its worker has: it settles so
        self.kill_broker()
        self.start_broker()
        other = Client(self)
        self.assertTrue(wait_until(lambda: len(other.ask("query", what="active")) == 1))
        self.client.signal(signal.SIGCONT)
        open(until, "w", encoding="utf-8").close()
        self.assertEqual(self.client.end()["answer"]["attempt"], 1)
        with open(mark, encoding="utf-8") as lines:
            self.assertEqual(len(lines.readlines()), 1)


class Limits(PhpTest):
    STOP_GRACE = "500ms"

    def test_a_job_that_ignores_its_limit_is_killed_and_the_worker_goes_on(self):
        self.start_worker()
        never = self.path("never")
        self.assertIn("time limit", self.failure({"until": never}, time_limit="300ms"))
        mark = self.path("mark")
        self.assertIn("time limit", self.failure({"until": never, "stubborn": True, "mark": mark},
                                                 time_limit="300ms"))
        self.assertEqual(self.client.ask("call", service="echo", params=1), 1)
        self.assertIn("Allowed memory size of 16777216",
                      self.failure({"outcome": "fatal"}, memory_limit="16MiB"))


class SmallMessages(PhpTest):
    CONFIG = '[limits]\nmessage_bytes_max = "64KiB"\n'
    SETTLE = "20s"  # so long a worker may take to come back with what it runs

    def test_an_answer_larger_than_a_message_fails_for_good_and_the_worker_goes_on(self):
        worker = self.start_worker()
        for service, params in (("trial", {"large": 70_000}), ("part", 70_000)):
            told = self.client.tell("call", service=service, params=params)
            self.assertEqual(told.get("error"), "JobFailed", told)
            self.assertIn("is too large for the broker", told["text"])
        for size in (65_000, 4_000):
            answer = self.client.ask("call", service="trial", params={"large": size})
            self.assertEqual(len(answer), size)
        self.assertNotIn("broker_lost", worker.text())

    def test_answers_that_are_together_larger_than_a_message_arrive(self):
        self.start_worker(3)
        until = self.path("go")
        ends = [self.path(f"end {number}") for number in range(3)]
        ids = [self.submit({"large": 40_000, "until": until, "end": end}) for end in ends]
        self.assertTrue(wait_until(lambda: len(self.client.ask("query", what="active")) == 3))
        self.kill_broker()
        open(until, "w", encoding="utf-8").close()
        self.assertTrue(wait_until(lambda: all(os.path.exists(end) for end in ends)))
        self.start_broker()
        for job in ids:
            self.assertEqual(len(self.client.ask("wait", job=job)), 40_000)

    def test_requests_that_are_together_larger_than_a_message_are_taken(self):
        self.start_worker()
        params = [str(number) * 20_000 for number in range(10)]
        ids = self.client.ask("submitMany", specs=[["echo", one] for one in params])
        self.assertEqual([self.client.ask("wait", job=one["answer"]) for one in ids], params)
        answers = self.client.ask("callMany", specs=[["echo", one] for one in params])
        self.assertEqual([one.get("answer") for one in answers], params)

    def test_a_request_larger_than_a_message_is_refused_and_the_others_are_not(self):
        self.start_worker()
        for method, arguments in (("call", {"service": "echo", "params": "x" * 70_000}),
                                  ("submit", {"service": "echo", "raw": "x" * 65_500}),
                                  ("operate", {"verb": "cancel", "arguments": {"jobs": ["0" * 26] * 3_000}})):
            told = self.client.tell(method, **arguments)
            self.assertEqual((told.get("error"), told.get("code"), told.get("later")),
                             ("Refused", 1008, False), told)
        largest = "x" * 65_000
        answers = self.client.ask("callMany", specs=[["echo", 1], ["echo", largest * 2],
                                                     ["echo", largest]])
        self.assertEqual([one.get("answer", one.get("code")) for one in answers],
                         [1, 1008, largest])


class Keys(harness.Keys, PhpTest):
    def test_client_and_worker_come_in_with_keys_also_after_a_restart(self):
        self.start_worker()
        self.assertEqual(self.client.ask("call", service="echo", params="in"), "in")
        self.kill_broker()
        self.start_broker()
        job = self.submit({})
        self.assertEqual(self.client.ask("wait", job=job)["id"], job)

    def test_without_keys_neither_is_heard(self):
        self.be_a_stranger()
        self.start([PHP, os.path.join(HERE, "trial_worker.php"), self.backend])
        unheard = Client(self).tell("call", service="echo", params=1, timeout=1)
        self.assertEqual(unheard["error"], "Timeout")
        refused = self.client.tell("call", service="echo", params=1)
        self.assertEqual((refused["error"], refused["code"]), ("Refused", 1101))

    def test_one_key_without_the_other_is_refused(self):
        self.set_environment(STEWARD_SERVER_KEY_FILE="")
        self.start([PHP, os.path.join(HERE, "client.php"), self.frontend],
                   is_asked=True).wait_for_line("belong together")
        self.start([PHP, os.path.join(HERE, "trial_worker.php"), self.backend]).wait_for_line(
            "belong together")


class Zmws(PhpTest):
    CONFIG_PHP = """<?php
define('HEARTBEAT_INTERVAL', 2);
$serverList = array(
    array('file' => 'src/server.php', 'name' => 'server', 'flags' => array('log-level' => 'E',
        'client-port' => '0', 'worker-port' => '0', 'news-port' => '0', 'colour' => 'red')),
    array('file' => 'src/http_gateway.php', 'name' => 'gateway', 'flags' => array()));
$workerList = array(
    array('file' => 'sample_workers/reverse.php', 'name' => 'rev', 'flags' => array(
        'backend-port' => '5556', 'service-name' => 'STR-REV', 'zmqid' => 'rev')),
    array('file' => 'my/a "b".php', 'name' => 'mine', 'flags' => array('fast' => TRUE)));
"""

    def convert(self, text):
        with open(self.path("config.php"), "w", encoding="utf-8") as config:
            config.write(text)
        return subprocess.run([PHP, os.path.join(harness.ROOT, "bin", "convert-zmws"),
                               self.path("config.php")], capture_output=True, text=True, check=False)

    def test_a_configuration_becomes_one_that_the_broker_takes(self):
        done = self.convert(self.CONFIG_PHP)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.path("made.toml"), "w", encoding="utf-8") as made:
            made.write(done.stdout)
        status, text = self.run_to_end([os.path.join(BIN, "steward-broker"), "--check-config",
                                        "--config", self.path("made.toml")])
        self.assertEqual(status, 0, text)
        config = tomllib.loads(done.stdout)
        self.assertEqual(config["broker"], {
            "bind": "0.0.0.0", "heartbeat_interval": "2s", "log_level": "E", "client_port": 0,
            "worker_port": 0, "news_port": 0})
        self.assertEqual([one["program"] for one in config["process"]],
                         ["steward-broker", "steward-gateway", "steward-worker-reverse", "php"])
        self.assertEqual(config["process"][2]["args"],
                         ["--backend-port=5556", "--service-name=STR-REV"])
        self.assertEqual(config["process"][3]["args"], ['my/a "b".php', "--fast"])
        for part in ("no setting for --colour", "--zmqid is left out", "goes on as it is"):
            self.assertIn(part, done.stderr)

    def test_its_help_is_no_mistake(self):
        done = subprocess.run([PHP, os.path.join(harness.ROOT, "bin", "convert-zmws"), "--help"],
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("usage: bin/convert-zmws", done.stdout)

    def test_what_is_no_configuration_is_refused(self):
        done = self.convert("<?php\n$serverList = array();\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("does not set $serverList and $workerList", done.stderr)
        done = self.convert("<?php\n$serverList = array();\n$workerList = array('x' => array());\n")
        self.assertEqual(done.returncode, 2)
        self.assertIn("$workerList: entry x has no 'file' or no 'name'", done.stderr)


class Documentation(PhpTest):
    def test_the_examples_do_what_they_say(self):
        for page, name, folder, address in (
                ("writing-workers.md", "worker.php", "worker/php/Worker.php", self.backend),
                ("writing-clients.md", "client.php", "client/php/Client.php", self.frontend)):
            with open(self.path(name), "w", encoding="utf-8") as program:
                program.write(harness.example(page, "php").replace("127.0.0.1", address).replace(
                    os.path.basename(folder), os.path.join(harness.ROOT, folder)))
        self.start([PHP, self.path("worker.php")]).wait_for_line("ready broker=")
        greeted = self.client.ask("call", service="greet", params={"name": "Ann"})
        self.assertEqual(greeted, "Hello, Ann!")
        for service in ("mail", "resize"):
            worker = self.start([os.path.join(BIN, "steward-worker-trial"), "--backend-server",
                                 self.backend, "--service-name", service])
            worker.wait_for_line(" ready ")
        client = self.start([PHP, self.path("client.php")])
        self.assertEqual(client.wait(), 0, client.text())
        for line in ("submitted 0", "resized {", "part 0", "part 2", "2 2"):
            client.wait_for_line(line)


if __name__ == "__main__":
    if harness.run_quietly([PHP, "-r", "exit(extension_loaded('zmq') && "
                            "extension_loaded('msgpack') && extension_loaded('pcntl') ? 0 : 1);"]):
        print("skipped: php-cli, php-zmq or php-msgpack is not installed")
        raise SystemExit(harness.SKIPPED)
    harness.main()
