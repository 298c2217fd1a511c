"""The Python client and worker with a real broker, and with workers in C++."""

import os
import re
import signal
import sys
import threading
import time
import unittest
import uuid
from concurrent.futures import wait as wait_all
from datetime import timedelta

import harness
from harness import BIN, HERE, wait_until

sys.path[:0] = harness.PYTHON_PATH.split(os.pathsep)


class PythonTest(harness.BrokerTest):
    def setUp(self):
        super().setUp()
        from steward_client import Client
        self.client = Client(self.frontend, heartbeat_interval="300ms")
        self.addCleanup(self.client.close)

    def start_worker(self, concurrency=1, **environment):
        worker = self.start([sys.executable, os.path.join(HERE, "trial_worker.py"), self.backend,
                             str(concurrency)], **environment)
        worker.wait_for_line("ready broker=")
        return worker

    def start_cpp(self, program, service):
        worker = self.start([os.path.join(BIN, program), "--backend-server", self.backend,
                             "--service-name", service])
        worker.wait_for_line(" ready ")
        return worker

    def state(self, job):
        return self.client.status(job)["state"]

    def fails_with(self, params, text):
        from steward_client import JobFailed
        with self.assertRaises(JobFailed) as failed:
            self.client.call("trial", params, timeout=10)
        self.assertIn(text, str(failed.exception))

    def reaches(self, job, state):
        self.assertTrue(wait_until(lambda: self.state(job) == state),
                        f"{job} is {self.client.status(job)}")


class Clients(PythonTest):
    def test_a_call_gives_the_result_in_each_encoding(self):
        from steward_client import Client
        self.start_cpp("steward-worker-reverse", "reverse")
        self.start_worker()
        self.assertEqual(self.client.call("reverse", {"str": "straße"}), "eßarts")
        for value in (1, "ü", [1, [2]], {"a": None, "b": True}, 1.5, ""):
            self.assertEqual(self.client.call("echo", value), value)
        self.assertEqual(self.client.call("echo", b"\x00\xff"), b"\x00\xff")
        self.assertIsNone(self.client.call("echo"))
        large = {"text": "x" * 3_000_000}
        self.assertEqual(self.client.call("echo", large), large)
        with Client(self.frontend, encoding="msgpack") as client:
            self.assertEqual(client.call("echo", {"a": b"\xff", 5: [1]}), {"a": b"\xff", 5: [1]})

    def test_a_submitted_job_is_there_and_its_result_can_be_fetched(self):
        self.start_worker()
        job = self.client.submit("trial", {}, priority="high", context="order-7",
                                 meta={"trace": "17"}, time_limit=timedelta(minutes=5))
        result = self.client.wait(job)
        self.assertEqual(result["id"], job)
        self.assertEqual((result["priority"], result["context"]), (4096, "order-7"))
        self.assertEqual((result["meta"], result["limit"]), ({"trace": "17"}, 300.0))
        self.assertEqual(self.state(job), "succeeded")

    def test_parts_come_as_they_are_sent_and_the_result_last(self):
        self.start_worker()
        until = self.path("go")
        got = []
        for part in self.client.stream("trial", {"parts": [1, "two", [3]], "until": until}):
            got.append(part)
            if len(got) == 3:
                open(until, "w", encoding="utf-8").close()  # so they came before the end
        self.assertEqual(got[:3], [1, "two", [3]])
        self.assertEqual(got[3]["attempt"], 1)

    def test_failures_are_exceptions_that_tell(self):
        from steward_client import JobFailed, Refused, Timeout
        self.start_worker()
        with self.assertRaises(JobFailed) as failed:
            self.client.call("trial", {"outcome": "fail"})
        self.assertEqual(str(failed.exception), "RuntimeError: as it was told")
        self.assertEqual(failed.exception.state, "failed")
        with self.assertRaises(Refused) as refused:
            self.client.call("nobody")
        self.assertEqual(refused.exception.code, 1101)
        self.assertFalse(refused.exception.may_work_later)
        begun = time.monotonic()
        with self.assertRaises(Timeout):
            self.client.call("trial", {"until": self.path("never")}, timeout=0.3, time_limit=1)
        self.assertLess(time.monotonic() - begun, 5)
        with self.assertRaises(TypeError):
            self.client.submit("trial", {}, prioritty=5)
        with self.assertRaises(ValueError):
            self.client.status("no id")
        job = self.client.submit("trial", {"outcome": "reject"})
        with self.assertRaises(JobFailed) as dead:
            self.client.wait(job)
        self.assertEqual((dead.exception.state, dead.exception.job), ("dead", job))

    def test_many_jobs_from_many_threads(self):
        from steward_client import Spec
        self.start_worker(4)
        ids = self.client.submit_many([("echo", i) for i in range(2000)] + [Spec("nobody")])
        self.assertEqual(len({one for one in ids[:-1] if isinstance(one, str)}), 2000)
        self.assertEqual(ids[-1].code, 1101)
        results = {}

        def ask(first):
            for i in range(first, first + 50):
                results[i] = self.client.call("echo", i)

        threads = [threading.Thread(target=ask, args=(50 * i,)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(results, {i: i for i in range(400)})
        wait_all([self.client.call_async("echo", i) for i in range(500)], 30)

    def test_a_cut_connection_makes_no_second_job(self):
        self.client.operate("mode", changes=[{"mode": "paused"}])  # nothing runs meanwhile
        self.start_worker()
        mark = self.path("mark")
        futures = [self.client.submit_async("trial", {"mark": mark}) for _ in range(20)]
        call = self.client.call_async("trial", {"mark": mark}, durable=True)
        ids = {future.result(30) for future in futures}
        self.kill_broker()
        more = [self.client.submit_async("trial", {"mark": mark}) for _ in range(20)]
        self.start_broker()
        ids |= {future.result(30) for future in more}
        self.assertEqual(len(ids), 40)
        self.client.operate("mode", changes=[{"mode": "running"}])
        called = call.result(30)["id"]
        for job in ids:
            self.client.wait(job)
        ids.add(called)
        with open(mark, encoding="utf-8") as lines:
            self.assertEqual(sorted(line.split()[0] for line in lines), sorted(ids))

    def test_questions_and_operations(self):
        self.start_worker()
        self.assertIn("echo", [row["service"] for row in self.client.query("services")])
        job = self.client.submit("trial", {"until": self.path("never")})
        self.reaches(job, "active")
        self.assertTrue(self.client.query("why", job=job)["reasons"] is not None)
        self.assertEqual(self.client.cancel(job), 1)
        self.reaches(job, "cancelled")

    def test_a_cancel_whose_answer_was_lost_is_no_error(self):
        from steward_client import Client, JobFailed, wire

        class LosesAnswers(Client):
            """Its connection breaks instead of the next answer; `meanwhile` happens then."""
            meanwhile = None

            def _take(self, command):
                if command.type == wire.REPORT and self.meanwhile is not None:
                    happens, self.meanwhile = self.meanwhile, None
                    happens()
                    raise ConnectionError("the answer is lost")
                super()._take(command)

        def restart():
            self.kill_broker()
            self.start_broker()

        self.start_worker()
        with LosesAnswers(self.frontend, heartbeat_interval="300ms") as client:
            for meanwhile in (lambda: None, restart):
                job = client.submit("trial", {}, delay="1h")
                client.meanwhile = meanwhile
                self.assertEqual(client.cancel(job), 0)  # the second time: it had ended by then
                self.assertIsNone(client.meanwhile)
                with self.assertRaises(JobFailed) as failed:
                    client.wait(job)
                self.assertEqual(failed.exception.state, "cancelled")

    def test_the_next_broker_is_tried_when_one_is_not_there(self):
        from steward_client import Client
        self.start_worker()
        with Client(["127.0.0.1:1", self.frontend]) as client:
            self.assertEqual(client.call("echo", 5, timeout=10), 5)

    def test_what_cannot_be_sent_or_read_ends_its_request_alone(self):
        from steward_client import Client
        self.start_worker()
        with Client(self.frontend, encoding="msgpack", timeout=10) as client:
            for wrong in (uuid.uuid4(), "caf\udce9"):
                with self.assertRaises((TypeError, ValueError)):
                    client.submit("echo", b"x" * 5000, context=wrong)
                self.assertEqual(client.call("echo", b"y" * 5000), b"y" * 5000)
            with self.assertRaises(TypeError):
                client.call("trial", {"outcome": "array as key"})
            self.assertEqual(client.call("echo", 1), 1)
        with self.assertRaises(RecursionError):
            self.client.call("trial", {"outcome": "deep"}, timeout=10)
        self.assertEqual(self.client.call("echo", 1, timeout=10), 1)

    def test_the_time_out_counts_also_while_too_many_are_open(self):
        from steward_client import Timeout
        self.start_worker()
        self.client.call("echo", 1)
        self.client._span = 1
        until = self.path("go")
        call = self.client.call_async("trial", {"until": until})
        for ask in (self.client.submit, self.client.call,
                    lambda *job, timeout: list(self.client.stream(*job, timeout=timeout)),
                    lambda *_, timeout: self.client.query("jobs", timeout=timeout)):
            ended = []
            thread = threading.Thread(target=lambda: ended.append(
                self.assertRaises(Timeout, ask, "echo", 1, timeout=0.1)), daemon=True)
            thread.start()
            thread.join(5)
            self.assertTrue(ended)
        answers = self.client.submit_many([("echo", 1), ("echo", 2)], timeout=0.1)
        self.assertEqual([type(one) for one in answers], [Timeout, Timeout])
        open(until, "w", encoding="utf-8").close()
        self.assertEqual(self.client.call("echo", 2, timeout=30), 2)
        self.assertTrue(call.done())

    def test_a_cancelled_future_ends_itself_alone(self):
        from steward_client import Client, Disconnected
        self.start_worker()
        until = self.path("go")
        cancelled = self.client.call_async("trial", {"until": until})
        self.assertTrue(cancelled.cancel())
        open(until, "w", encoding="utf-8").close()
        self.assertEqual(self.client.call("echo", 1, timeout=10), 1)  # its result came before

        def fails(_):
            part_came.set()
            may_fail.wait(30)
            raise RuntimeError("the user's own")

        part_came, may_fail = threading.Event(), threading.Event()
        cancelled = self.client.call_async("trial", {"parts": [1]}, on_part=fails)
        self.assertTrue(part_came.wait(30))
        self.assertTrue(cancelled.cancel())
        may_fail.set()
        self.assertEqual(self.client.call("echo", 1, timeout=10), 1)
        client = Client("127.0.0.1:1")
        calls = [client.call_async("echo") for _ in range(3)]
        self.assertTrue(calls[0].cancel())
        client.close()
        for call in calls[1:]:
            self.assertIsInstance(call.exception(5), Disconnected)

    def test_a_closed_client_ends_what_is_open(self):
        from steward_client import Client, Disconnected
        client = Client("127.0.0.1:1")
        call = client.call_async("echo")
        client.close()
        self.assertIsInstance(call.exception(5), Disconnected)
        with self.assertRaises(Disconnected):
            client.submit("echo")


class Workers(PythonTest):
    def test_outcomes(self):
        from steward_client import JobFailed
        self.start_worker()
        twice = self.client.submit("trial", {"outcome": "exit"}, max_attempts=2, backoff="50ms")
        with self.assertRaises(JobFailed) as dead:
            self.client.wait(twice)
        self.assertEqual(str(dead.exception), "SystemExit: 3")
        self.assertEqual(self.client.status(twice)["attempt"], 2)
        once = self.client.submit("trial", {"outcome": "reject"}, max_attempts=5)
        self.reaches(once, "dead")
        self.assertEqual(self.client.status(once)["attempt"], 1)
        snoozed = self.client.submit("trial", {"outcome": "snooze"}, max_attempts=1)
        self.assertEqual(self.client.wait(snoozed)["id"], snoozed)

    def test_a_text_with_what_is_no_character_is_told_all_the_same(self):
        self.start_worker()
        self.fails_with({"outcome": "surrogates"}, "RuntimeError: cannot read caf?")
        self.assertEqual(self.client.call("echo", 1, timeout=10), 1)

    def test_a_pause_or_progress_that_the_broker_would_not_take_costs_no_connection(self):
        worker = self.start_worker()
        job = self.client.submit("trial", {"outcome": "snooze for", "pause": -1})
        self.assertEqual(self.client.wait(job)["id"], job)
        until = self.path("go")
        job = self.client.submit("trial", {"progress": [2.5, 5, "half"], "until": until})
        self.assertTrue(wait_until(lambda: self.client.status(job).get("progress")))
        status = self.client.status(job)
        self.assertEqual((status["done"], status["total"], status["progress"]), (2, 5, "half"))
        open(until, "w", encoding="utf-8").close()
        self.client.wait(job)
        self.client.call("trial", {"progress": [-1, 2**70]})
        far = self.client.submit("trial", {"outcome": "snooze for", "pause": "1000000d"})
        self.reaches(far, "scheduled")
        self.assertNotIn("broker_lost", worker.text())

    def test_what_json_has_not_is_neither_params_nor_a_result(self):
        self.start_worker()
        self.fails_with({"outcome": "nan"}, "ValueError: Out of range float")
        with self.assertRaises(ValueError):
            self.client.submit("echo", [float("inf")])

    def test_a_failure_that_cannot_be_read_fails_its_job_and_nothing_else(self):
        self.start_worker()
        self.fails_with({"outcome": "snooze for", "pause": "5m"}, "'5m' is no duration")
        self.fails_with({"outcome": "mute"}, "RuntimeError")
        self.assertEqual(self.client.call("echo", 1, timeout=10), 1)

    def test_it_is_checked_and_told_to_leave_by_way_of_the_broker(self):
        secret = self.use_secret()
        worker = self.start_worker()
        self.client.wait(self.client.submit("trial", {}))
        job = self.client.submit("trial", {"outcome": "reject"})
        self.reaches(job, "dead")
        self.answers_checks(worker, secret)

    def test_a_long_job_is_no_dead_worker(self):
        self.start_worker(HEARTBEAT_INTERVAL="1")
        until = self.path("go")
        call = self.client.call_async("trial", {"until": until})
        time.sleep(3.5)  # more than three heartbeat intervals: nothing may happen
        self.assertFalse(call.done())
        open(until, "w", encoding="utf-8").close()
        self.assertEqual(call.result(30)["attempt"], 1)

    def test_a_killed_worker_loses_no_job(self):
        worker = self.start_worker()
        until = self.path("go")
        job = self.client.submit("trial", {"until": until})
        self.reaches(job, "active")
        worker.end()
        open(until, "w", encoding="utf-8").close()
        self.start_worker()
        self.assertEqual(self.client.wait(job)["attempt"], 2)

    def test_told_to_leave_a_worker_finishes_what_runs_and_takes_no_more(self):
        worker = self.start_worker()
        until = self.path("go")
        first = self.client.submit("trial", {"until": until})
        self.reaches(first, "active")
        second = self.client.submit("trial", {})
        worker.signal(signal.SIGTERM)
        time.sleep(0.3)
        self.assertEqual(self.state(second), "ready")
        open(until, "w", encoding="utf-8").close()
        self.assertEqual(worker.wait(), 0, worker.text())
        self.assertEqual(self.client.wait(first)["attempt"], 1)
        self.start_worker()
        self.assertEqual(self.client.wait(second)["attempt"], 1)

    def test_limits_stop_a_job(self):
        from steward_client import JobFailed
        worker = self.start_worker()
        never = self.path("never")
        with self.assertRaises(JobFailed) as late:
            self.client.call("trial", {"until": never}, time_limit="300ms")
        self.assertIn("time limit", str(late.exception))
        with self.assertRaises(JobFailed) as greedy:
            self.client.call("trial", {"until": never}, memory_limit="1MiB")
        self.assertIn("memory_limit", str(greedy.exception))
        self.assertEqual(worker.wait(), 75)

    def test_several_jobs_at_once(self):
        self.start_worker(3)
        until = self.path("go")
        calls = [self.client.call_async("trial", {"until": until}) for _ in range(3)]
        self.assertTrue(wait_until(lambda: len(self.client.query("active")) == 3))
        open(until, "w", encoding="utf-8").close()
        self.assertEqual(len({call.result(30)["id"] for call in calls}), 3)


class Restarts(PythonTest):
    SETTLE = "20s"  # so long a worker may take to come back with what it runs

    def test_a_call_stays_open_through_a_restart_and_runs_once(self):
        from steward_client import Client

        class ComesBackLater(Client):
            may_come = threading.Event()

            def _rewind(self, in_flight_max):
                self.may_come.wait(30)
                super()._rewind(in_flight_max)

        self.start_worker()
        until, mark = self.path("go"), self.path("mark")
        with ComesBackLater(self.frontend) as client:
            client.may_come.set()
            call = client.call_async("trial", {"until": until, "mark": mark})
            self.assertTrue(wait_until(lambda: os.path.exists(mark)))
            client.may_come.clear()  # until its worker is back: it settles so
            self.kill_broker()
            self.start_broker()
            self.assertTrue(wait_until(lambda: len(self.client.query("active")) == 1))
            client.may_come.set()
            open(until, "w", encoding="utf-8").close()
            self.assertEqual(call.result(30)["attempt"], 1)
        with open(mark, encoding="utf-8") as lines:
            self.assertEqual(len(lines.readlines()), 1)


class SmallMessages(PythonTest):
    CONFIG = '[limits]\nmessage_bytes_max = "64KiB"\n'

    def test_params_that_the_broker_does_not_take_are_refused_and_nothing_else(self):
        from steward_client import Refused
        self.start_worker()
        self.client.call("echo", 1, timeout=10)
        with self.assertRaises(Refused) as refused:
            self.client.submit("echo", "x" * 70000, timeout=10)
        self.assertEqual(refused.exception.code, 1008)
        self.assertFalse(refused.exception.may_work_later)
        texts = [letter * 20000 for letter in "abcdefghijklmnopqrst"]
        calls = [self.client.call_async("echo", text) for text in texts]
        calls.insert(7, self.client.call_async("echo", "x" * 70000))
        self.assertIsInstance(calls.pop(7).exception(10), Refused)
        self.assertEqual([call.result(10) for call in calls], texts)

    def test_an_answer_that_the_broker_does_not_take_fails_its_job_for_good(self):
        worker = self.start_worker(4)
        for outcome in ("large", "large part"):
            job = self.client.submit("trial", {"outcome": outcome, "size": 70000}, max_attempts=5)
            self.reaches(job, "dead")
            status = self.client.status(job)
            self.assertEqual(status["attempt"], 1)
            self.assertIn("message_bytes_max", str(status))
        largest = {"outcome": "large", "size": 65536 - 256 - 2}
        self.assertEqual(len(self.client.call("trial", largest, timeout=10)), largest["size"])
        until = self.path("go")
        order = {"outcome": "large", "size": 40000, "until": until}
        calls = [self.client.call_async("trial", order) for _ in range(4)]
        open(until, "w", encoding="utf-8").close()
        for call in calls:
            self.assertEqual(call.result(10), "x" * 40000)
        self.assertNotIn("broker_lost", worker.text())


class StubbornJobs(PythonTest):
    STOP_GRACE = "500ms"

    def test_a_process_whose_job_goes_on_after_its_limit_is_replaced(self):
        from steward_client import JobFailed
        worker = self.start_worker()
        with self.assertRaises(JobFailed) as stubborn:
            self.client.call("trial", {"until": self.path("never"), "stubborn": True},
                             time_limit="300ms")
        self.assertIn("time limit", str(stubborn.exception))
        self.assertEqual(worker.wait(), 75)


class Keys(harness.Keys, PythonTest):
    def test_client_and_worker_come_in_with_keys_also_after_a_restart(self):
        self.start_worker()
        self.assertEqual(self.client.call("echo", "in"), "in")
        self.kill_broker()
        self.start_broker()
        job = self.client.submit("trial", {})
        self.assertEqual(self.client.wait(job)["id"], job)

    def test_without_keys_neither_is_heard(self):
        from steward_client import Client, Refused, Timeout
        self.be_a_stranger()
        self.start([sys.executable, os.path.join(HERE, "trial_worker.py"), self.backend])
        with Client(self.frontend, heartbeat_interval="300ms") as stranger:
            with self.assertRaises(Timeout):
                stranger.call("echo", 1, timeout=1)
        with self.assertRaises(Refused) as refused:
            self.client.call("echo", 1)
        self.assertEqual(refused.exception.code, 1101)  # no worker has announced it

    def test_one_key_without_the_other_is_refused(self):
        from steward_client import Client
        self.set_environment(STEWARD_SERVER_KEY_FILE="")
        with self.assertRaisesRegex(ValueError, "belong together"):
            Client(self.frontend)


class Documentation(PythonTest):
    def test_each_option_of_the_ready_made_workers_is_documented(self):
        def options(program):
            status, text = self.run_to_end([os.path.join(BIN, program), "--help"])
            self.assertEqual(status, 0)
            return set(re.findall(r"^  (--[a-z-]+)", text, re.MULTILINE))

        with open(os.path.join(harness.ROOT, "docs", "ready-made-workers.md"),
                  encoding="utf-8") as page:
            sections = page.read().split("\n## ")
        for name in ("exec", "http", "fastcgi"):
            section = next(one for one in sections if one.startswith(f"steward-worker-{name}\n"))
            rows = re.findall(r"^\| (`--[^|]*(?:\\\|[^|]*)*)\|", section, re.MULTILINE)
            told = set(re.findall(r"`(--[a-z-]+)", " ".join(rows)))
            self.assertEqual(told, options(f"steward-worker-{name}")
                             - options("steward-worker-reverse"))

    def test_the_examples_do_what_they_say(self):
        with open(self.path("worker.py"), "w", encoding="utf-8") as program:
            program.write(harness.example("writing-workers.md", "python")
                          .replace("127.0.0.1", self.backend))
        self.start([sys.executable, self.path("worker.py")]).wait_for_line("ready broker=")
        self.assertEqual(self.client.call("greet", {"name": "Ann"}), "Hello, Ann!")
        for service in ("mail", "resize"):
            self.start_cpp("steward-worker-trial", service)
        with open(self.path("client.py"), "w", encoding="utf-8") as program:
            program.write(harness.example("writing-clients.md", "python")
                          .replace("127.0.0.1", self.frontend))
        client = self.start([sys.executable, self.path("client.py")])
        self.assertEqual(client.wait(), 0, client.text())
        for line in ("submitted 0", "resized {", "part 0", "part 2", "later {"):
            client.wait_for_line(line)


class Wire(unittest.TestCase):
    def test_ids_options_and_addresses(self):
        import steward_wire as wire
        raw = bytes.fromhex("00070193 4a7b2c00 00000000 0000002a")
        self.assertEqual(wire.id_text(raw), "000w0s6jkv5g0000000000001a")
        self.assertEqual(wire.id_bytes("000w0s6jkv5g0000000000001a"), raw)
        for text in ("", "000w0s6jkv5g0000000000001", "000w0s6jkv5g000000000000uu", "z" * 26):
            with self.assertRaises(ValueError):
                wire.id_bytes(text)
        self.assertEqual(wire.pack_options({"delay": "250ms", "group_rate": "5/s", "unique": True,
                                            "memory_limit": "1.5GiB", "run_at": 2, "wait": None}),
                         {"delay": 250000, "group_rate": 200000, "unique": True,
                          "memory_limit": 3 << 29, "run_at": 2000000})
        self.assertEqual(wire.endpoints("a, b:1,[::1],tcp://c,ipc:///x", 5),
                         ["tcp://a:5", "tcp://b:1", "tcp://[::1]:5", "tcp://c:5", "ipc:///x"])
        with self.assertRaises(wire.Malformed):
            list(wire.commands([b"nonsense"]))
        with self.assertRaises(wire.Malformed):
            list(wire.commands([wire.MAGIC + b"\x91"[:1] + b"\xc1"]))


if __name__ == "__main__":
    harness.main("zmq", "msgpack")
