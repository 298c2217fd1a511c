"""The hands of a soak: each asks for jobs in its own dialect, round after round, and sees to it that
every one it was promised ends as its kind has to. What was not acknowledged is asked for again."""

import http.client
import json
import os
import threading
import time

import zmq

import house
from harness import BIN, HERE, PYTHON_PATH, Process, wait_until

import sys
sys.path[:0] = PYTHON_PATH.split(os.pathsep)
from steward_client import Client, Error, JobFailed, Timeout  # noqa: E402

PATIENCE = 120.0
PAUSE = 0.1  # between two rounds of a hand: the load is to last, not to fill the machine


class Tally:
    """What all hands together were promised, and what became of it."""

    def __init__(self):
        self._lock = threading.Lock()
        self.counts = {}  # by hand: acknowledged, ended, asked again
        self.lost = []

    def add(self, hand, **numbers):
        with self._lock:
            counts = self.counts.setdefault(hand, {"acknowledged": 0, "ended": 0, "again": 0})
            for name, number in numbers.items():
                counts[name] += number

    def lose(self, hand, what):
        with self._lock:
            self.lost.append(f"{hand}: {what}")


class Hand(threading.Thread):
    """`round()` asks for some jobs and waits for their ends."""

    def __init__(self, place, tally, stop):
        super().__init__(name=type(self).__name__, daemon=True)
        self.place, self.tally, self.stop = place, tally, stop
        self.turn = 0

    def run(self):
        try:
            self.open()
            while not self.stop.wait(PAUSE):
                self.turn += 1
                self.round()
            self.close()
        except Exception as error:  # pylint: disable=broad-except
            self.tally.lose(self.name, f"gave up: {error!r}")

    def open(self):
        pass

    def close(self):
        pass

    def ended(self, number=1):
        self.tally.add(self.name, ended=number)

    def acknowledged(self, number=1):
        self.tally.add(self.name, acknowledged=number)

    def again(self):
        self.tally.add(self.name, again=1)


class Native(Hand):
    """Background jobs of every kind over the native protocol, and what they end as."""

    KINDS = (
        ("native", {"seconds": 0.005}, {}, "succeeded"),
        ("native", {"seconds": 0.01, "parts": 3}, {"priority": "high"}, "succeeded"),
        ("native", {}, {"delay": "200ms"}, "succeeded"),
        ("native", {}, {"group": "acme", "group_limit": 2}, "succeeded"),
        ("native", {"outcome": "reject"}, {}, "dead"),
        ("native", {"outcome": "fail", "times": 1}, {"backoff": "20ms"}, "succeeded"),
        ("native", {"outcome": "snooze", "pause": 0.05}, {}, "succeeded"),
        ("trial", {"parts": [1, "two"]}, {"meta": {"trace": "17"}}, "succeeded"),
        ("trial", {"outcome": "fail"}, {"max_attempts": 2, "backoff": "20ms"}, "dead"),
        ("reverse", "drawer", {"priority": "low"}, "succeeded"),
        ("exec", {"a": 1}, {}, "succeeded"),
        ("echo", "x" * 100_000, {}, "succeeded"),
    )

    def open(self):
        self.client = Client(self.place.broker, timeout=PATIENCE, heartbeat_interval="1s")

    def close(self):
        self.client.close()

    def round(self):
        specs = [(service, params, options) for service, params, options, _ in self.KINDS]
        ids = self.client.submit_many(specs)
        promised = []
        for one, (service, _, options, state) in zip(ids, self.KINDS):
            if isinstance(one, str):
                promised.append((one, state, f"{service} {options}"))
            else:
                self.again()
        if promised:
            after = [promised[0][0]]
            try:
                promised.append((self.client.submit("reverse", "last", after=after), "succeeded",
                                 "after"))
            except Error:
                self.again()
        self.acknowledged(len(promised))
        for one in promised:
            self.see_end(*one)

    def see_end(self, job, state, what):
        try:
            self.client.wait(job, timeout=PATIENCE)
            became = "succeeded"
        except JobFailed as failed:
            became = failed.state
        except Error as error:
            became = repr(error)
        if became == state:
            self.ended()
        else:
            self.tally.lose(self.name, f"{job} ({what}) became {became} instead of {state}")


class Calls(Native):
    """Calls and what is cancelled."""

    def round(self):
        futures = [self.client.call_async("echo", number) for number in range(10)]
        for number, future in enumerate(futures):
            try:
                if future.result(PATIENCE) != number:
                    self.tally.lose(self.name, f"{number} became something else")
                self.acknowledged()
                self.ended()
            except Error:
                self.again()  # volatile: it goes with the broker, and its caller is told
        try:
            job = self.client.submit("native", {}, delay="1h")
        except Error:
            return self.again()
        self.acknowledged()
        self.client.cancel(job)
        return self.see_end(job, "cancelled", "cancelled")


class Old(Hand):
    """An old dialect over a bare socket, as docs/protocol.md has it."""

    dialect = ""

    def open(self):
        self.context = zmq.Context()
        self.client = Client(self.place.broker, timeout=PATIENCE, heartbeat_interval="1s")
        self.socket = None

    def close(self):
        self.client.close()
        self.context.destroy(0)

    def ask(self, frames, is_end):
        """The frames of the answer that `is_end` picks; asked again on another connection when none
        comes, for such a request goes with the broker."""
        for _ in range(40):
            if self.socket is None:
                self.socket = self.context.socket(zmq.DEALER)
                self.socket.linger = 0
                self.socket.connect(self.place.clients)
            self.socket.send_multipart(frames)
            end = time.monotonic() + 5
            while self.socket.poll(max(0, (end - time.monotonic()) * 1000)):
                answer = self.socket.recv_multipart()
                if is_end(answer):
                    return answer
            self.socket.close()
            self.socket = None
            self.again()
            if self.stop.is_set():
                break
        return None

    def call(self, frames, expected, is_end):
        answer = self.ask(frames, is_end)
        if answer is not None and expected in b"|".join(answer):
            self.acknowledged()
            self.ended()
        elif answer is not None:
            self.again()  # it was refused, or its broker is about to end

    def background(self, frames):
        answer = self.ask(frames, lambda got: any(f.startswith((b"JOB: ", b"FAIL: ")) for f in got))
        for frame in answer or ():
            if frame.startswith(b"JOB: "):
                self.acknowledged()
                Native.see_end(self, frame.split()[1].decode(), "succeeded", self.name)
                return
        self.again()


def is_last(answer):
    return any(frame.startswith((b"COMPLETE: ", b"FAIL: ")) for frame in answer)


class Zmws1(Old):
    def round(self):
        self.call([b'PARAM-JSON: "drawer"', b"JOB: SYNC-reverse"], b"reward", is_last)
        self.background([b'PARAM-JSON: {"seconds": 0.002}', b"JOB: native"])


class Zmws2(Old):
    def round(self):
        head = [b"MDPC02", b"1"]
        self.call(head + [b'PARAM-JSON: "drawer"', b"SYNC-reverse"], b"reward", is_last)
        self.background(head + [b'PARAM-JSON: {"seconds": 0.002}', b"JOB: native"])


class Mdp01(Old):
    def round(self):
        self.call([b"", b"MDPC01", b"exec", b"body"], b"exec", lambda answer: len(answer) > 3)


class Mdp02(Old):
    def round(self):
        self.call([b"MDPC02", b"\x01", b"exec", b"body"], b"exec",
                  lambda answer: answer[1] == b"\x03")


class Web(Hand):
    """Background jobs through the gateway, fetched there."""

    def open(self):
        self.connection = None
        self.client = Client(self.place.broker, timeout=PATIENCE, heartbeat_interval="1s")

    def close(self):
        self.client.close()

    def ask(self, verb, path, body=None):
        """The status and the JSON of the answer; None while there is no gateway."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.place.web, timeout=10)
            headers = {"Content-Type": "application/json"} if body is not None else {}
            self.connection.request(verb, path, body, headers)
            answer = self.connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException):
            self.connection = None
            time.sleep(PAUSE)
            return None, None

    def round(self):
        status, told = self.ask("POST", "/v1/services/reverse/jobs", b'"drawer"')
        if status != 202:
            return self.again()
        self.acknowledged()
        return Native.see_end(self, told["job"], "succeeded", "web")


class Tool(Hand):
    """`steward` itself, a process for each request: the client library in C++."""

    def open(self):
        self.client = Client(self.place.broker, timeout=PATIENCE, heartbeat_interval="1s")

    def close(self):
        self.client.close()

    def round(self):
        status, text = self.place.tool("--timeout", "20s", "submit", "native",
                                       '{"seconds": 0.001}', "--count", "20", patience=PATIENCE)
        if status != 0:
            return self.again()
        ids = text.split()
        self.acknowledged(len(ids))
        for job in ids:
            Native.see_end(self, job, "succeeded", "submit")
        self.stop.wait(1)
        return None


class Php(Hand):
    """The PHP library: calls, one after the other answered."""

    def open(self):
        self.process = Process([house.PHP, os.path.join(HERE, "client.php"), self.place.clients],
                               is_asked=True, **self.place.environment())

    def close(self):
        self.process.end()

    def round(self):
        specs = [["echo", number] for number in range(5)]
        self.process.child.stdin.write(json.dumps(["callMany", {"specs": specs}]) + "\n")
        self.process.child.stdin.flush()
        if not wait_until(lambda: self.process.lines, PATIENCE):
            raise AssertionError("no answer")
        for number, one in enumerate(json.loads(self.process.lines.pop(0)).get("answer", [])):
            if one.get("answer") == number:
                self.acknowledged()
                self.ended()
            else:
                self.again()


def hands(place, tally, stop, with_php):
    kinds = [Native, Calls, Zmws1, Zmws2, Mdp01, Mdp02, Web, Tool] + [Php] * with_php
    return [kind(place, tally, stop) for kind in kinds]
