"""A worker of Steward for Python: functions that run jobs.

    from steward_worker import Job, Worker

    worker = Worker("127.0.0.1")

    @worker.serves("resize")
    def resize(job: Job):
        return {"width": job.params["width"]}

    worker.run()

Needs python3-zmq and python3-msgpack. docs/writing-workers.md has more.
"""

from __future__ import annotations

import collections
import os
import random
import signal
import sys
import threading
import time
import traceback
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional, Tuple, Union

import zmq
import zmq.utils.monitor

try:
    import steward_wire as wire
except ImportError:  # the tree as it is checked out
    sys.path.append(os.path.join(os.path.dirname(__file__), "..", "..", "client", "python"))
    import steward_wire as wire

Duration = wire.Duration

__all__ = ["Worker", "Job", "Reject", "Snooze", "EXIT_REPLACE"]

EXIT_REPLACE = 75  # start a fresh process: work that would not stop
_SILENT_INTERVALS = 3
_TEXT_BYTES_MAX = 4096
_PAUSE_MAX = 3650 * 86400 * 10**6  # microseconds
_COUNT_MAX = (1 << 64) - 1
_MEMORY_INTERVAL = 0.1
_ENVELOPE_BYTES_MAX = 256  # around a payload, besides a text
_BACKLOG_BYTES_MAX = 16 << 20  # parts that have not left; part() waits beyond it


class Reject(Exception):
    """Raised by a handler: the job failed for good, trying again is useless."""


class Snooze(Exception):
    """Raised by a handler: not now. The job is run again after `pause`, which is held to 0 ... ten
    years; no attempt is counted."""

    def __init__(self, pause: Duration, why: str = "") -> None:
        """ValueError for what is no duration, which fails the job like any exception."""
        super().__init__(why)
        self.pause = pause
        self._micros = max(0, min(wire.micros(pause), _PAUSE_MAX))


class Job:
    """One attempt at a job, as its handler sees it."""

    def __init__(self, worker: "Worker", command: wire.Command) -> None:
        self._worker = worker
        self._key = (command.raw(1), command[2])
        self._submission = (command[7], command[8])
        self._encoding = command[4]
        self._stopped = threading.Event()
        self._why = "told to stop"
        self._is_done = False  # its end waits to be told
        self.id = wire.id_text(command.raw(1))
        self.attempt: int = command[2]
        self.service = command.text(3)
        self.raw_params: Optional[bytes] = command.payload(5)
        self.time_limit = command[6] / 10**6  # seconds; 0: none
        self.meta: Dict[str, str] = command[9] or {}
        options: Mapping[str, Any] = command[10] or {}
        self.priority: int = options.get("priority", 2048)
        self.channel: str = options.get("channel", "default")
        self.context: str = options.get("context", self.id)
        self.group: str = options.get("group", "")
        self.batch: str = options.get("batch", "")
        self.memory_limit: Optional[int] = options.get("memory_limit")
        self.deadline: Optional[float] = None  # by time.monotonic(), once it runs

    @property
    def params(self) -> Any:
        """The params, whatever encoding they came in; bytes when they are opaque or PHP's."""
        return wire.decode(self._encoding, self.raw_params)

    @property
    def is_stopped(self) -> bool:
        """Nobody wants the result any more: a limit has passed, or the job was cancelled. Who goes
        on for the broker's stop_grace takes the process along."""
        return self._stopped.is_set()

    def wait_stopped(self, timeout: Optional[float] = None) -> bool:
        """A pause that ends early when the job is stopped; True: it is."""
        return self._stopped.wait(timeout)

    def part(self, value: Any) -> None:
        """Sends a part of the answer at once to a client that streams. Raises Reject for one that
        is larger than the broker takes."""
        encoding, raw = wire.encode(value, self._answer_encoding)
        if self._worker._is_too_large(raw):
            raise Reject(self._worker._too_large_text(raw))
        self._worker._say_part(self, encoding, raw)

    def progress(self, done: float, total: float = 0, text: str = "") -> None:
        """For status questions; a `total` of 0 means unknown. Fractions are cut off."""
        done, total = (max(0, min(int(one), _COUNT_MAX)) for one in (done, total))
        text = _cut(text)
        self._worker._say(lambda batch: batch.add(
            wire.PROGRESS, *self._key, done, total, text), 64)

    @property
    def _answer_encoding(self) -> int:
        return wire.MSGPACK if self._encoding == wire.MSGPACK else wire.JSON


Handler = Callable[[Job], Any]


class Worker:
    """Serves jobs until SIGTERM, SIGINT or leave(). Heartbeats go out while handlers run."""

    def __init__(self, brokers: Union[str, Iterable[str]] = "127.0.0.1", *, port: int = 5556,
                 concurrency: int = 1, channels: Iterable[str] = (),
                 heartbeat_interval: Duration = 5) -> None:
        self._endpoints = wire.endpoints(brokers, port)
        self._keys = wire.own_keys()
        self._concurrency = concurrency
        self._channels = list(channels)
        self._interval = wire.micros(heartbeat_interval) / 10**6
        self._handlers: Dict[str, Handler] = {}
        self._idle: Optional[Callable[[], None]] = None
        self._tells: Optional[Callable[[], Mapping[str, float]]] = None
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._room = threading.Condition(self._lock)
        self._waiting: "collections.deque[Job]" = collections.deque()
        self._held: Dict[Tuple[bytes, int], Job] = {}  # waiting, running, or not yet reported
        self._outbox: "collections.deque[Tuple[Callable[[wire.Batch], None], int]]" = \
            collections.deque()
        self._outbox_bytes = 0
        self._kill_at: Dict[Tuple[bytes, int], float] = {}
        self._stop_grace = 5.0
        self._message_bytes_max = wire.MESSAGE_BYTES_MAX  # what the broker takes
        self._since = time.monotonic()
        self._done = self._failed = 0  # attempts, ever
        self._leaving_since: Optional[float] = None
        self._is_over = False
        self._wake: Optional[zmq.Socket] = None

    def serves(self, service: str) -> Callable[[Handler], Handler]:
        """Decorates the function that runs the jobs of a service. What it returns is the result; an
        exception is a failure with its text, Reject one for good, Snooze puts the job off."""
        def register(handler: Handler) -> Handler:
            self._handlers[service] = handler
            return handler
        return register

    def idle(self, function: Callable[[], None]) -> Callable[[], None]:
        """Decorates a function that is called once after three heartbeat intervals without work."""
        self._idle = function
        return function

    def tells(self, function: Callable[[], Mapping[str, float]]) -> \
            Callable[[], Mapping[str, float]]:
        """Decorates a function that gives counters of the program's own, by name, to who checks the
        worker. Called between messages, beside the handlers: it must not take long."""
        self._tells = function
        return function

    def leave(self) -> None:
        """Takes no more jobs, finishes what runs, and lets run() return. Called again it tells what
        runs to stop. From any thread."""
        with self._lock:
            if self._leaving_since is not None:
                for key, job in self._held.items():
                    if not job._is_done:
                        job._stopped.set()
                        self._kill_at[key] = time.monotonic() + self._stop_grace
            else:
                self._leaving_since = time.monotonic()
        self._poke()

    def run(self) -> None:
        """Serves. In the main thread SIGTERM and SIGINT mean leave()."""
        if not self._handlers:
            raise ValueError("the worker serves nothing: decorate a function with serves()")
        context = zmq.Context()
        inner, self._wake = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
        inner.bind(f"inproc://steward-worker-{id(self)}")
        self._wake.connect(f"inproc://steward-worker-{id(self)}")
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: threading.Thread(target=self.leave).start())
        threads = [threading.Thread(target=self._run_jobs, daemon=True)
                   for _ in range(self._concurrency)]
        for thread in threads:
            thread.start()
        try:
            _Connection(self, context, inner).serve()
        finally:
            with self._lock:
                self._is_over = True
                self._work.notify_all()
                self._room.notify_all()
            for thread in threads:
                thread.join()
            with self._lock:
                self._wake.close(0)
                self._wake = None
            inner.close(0)
            context.term()

    # ---- work threads ----

    def _run_jobs(self) -> None:
        was_idle = False
        while True:
            with self._lock:
                while not self._waiting and not self._is_over:
                    patience = None if was_idle or not self._idle else \
                        self._interval * _SILENT_INTERVALS
                    if not self._work.wait(patience) and not self._waiting:
                        was_idle = True
                        break
                if self._is_over:
                    return
                job = self._waiting.popleft() if self._waiting else None
                if job is not None and job.time_limit > 0:
                    job.deadline = time.monotonic() + job.time_limit
                    self._kill_at[job._key] = job.deadline
            if job is not None:
                was_idle = False
                self._poke()  # the deadline is watched from now on
                self._run(job)
            elif self._idle is not None:
                try:
                    self._idle()
                except Exception:  # the user's own: work goes on
                    _log("idle_failed " + traceback.format_exc(limit=-1).splitlines()[-1])

    def _run(self, job: Job) -> None:
        begun = time.monotonic()
        encoded, again_in = (wire.ABSENT, None), 0
        try:
            try:
                value = self._handlers[job.service](job)
                encoded = wire.encode(value, job._answer_encoding)
                verdict, text = wire.SUCCEEDED, ""
            except Snooze as snooze:
                verdict, text, again_in = wire.SNOOZED, str(snooze), snooze._micros
            except Reject as reject:
                verdict, text = wire.FAILED_FOR_GOOD, str(reject) or "rejected"
            except BaseException as error:  # also SystemExit: it ends the job, not the thread
                _log(f"job_failed job={job.id} " + traceback.format_exc())
                verdict, text = wire.FAILED, f"{type(error).__name__}: {error}"
        except BaseException as error:  # of an exception that cannot even tell its text
            verdict, text = wire.FAILED, f"{type(error).__name__} while a failure was read"
        if job.is_stopped:  # what it answers after that is not wanted
            verdict, text = wire.FAILED, job._why
        if verdict != wire.SUCCEEDED:
            encoded = (wire.ABSENT, None)
        elif self._is_too_large(encoded[1]):
            verdict, text = wire.FAILED_FOR_GOOD, self._too_large_text(encoded[1])
            encoded = (wire.ABSENT, None)
        self._finish(job, verdict, text, encoded, again_in, time.monotonic() - begun)

    def _finish(self, job: Job, verdict: int, text: str, encoded: Tuple[int, Optional[bytes]],
                again_in: int, seconds: float) -> None:
        encoding, raw = encoded

        def say(batch: wire.Batch) -> None:
            with self._lock:
                if self._held.pop(job._key, None) is None:
                    return  # given up meanwhile
            batch.add(wire.FINISH, *job._key, verdict, _cut(text), encoding, batch.payload(raw),
                      int(seconds * 10**6), again_in)

        with self._lock:
            job._is_done = True
            self._kill_at.pop(job._key, None)
            if verdict == wire.SUCCEEDED:
                self._done += 1
            elif verdict != wire.SNOOZED:
                self._failed += 1
        self._say(say, len(raw or b""))

    # ---- what is said to the broker ----

    def _is_too_large(self, raw: Optional[bytes]) -> bool:
        return raw is not None and len(raw) + _ENVELOPE_BYTES_MAX > self._message_bytes_max

    def _too_large_text(self, raw: Optional[bytes]) -> str:
        return (f"an answer of {len(raw or b'')} bytes is too large for the broker, which takes "
                f"messages of {self._message_bytes_max} bytes (its limit message_bytes_max)")

    def _say(self, add: Callable[[wire.Batch], None], size: int) -> None:
        with self._lock:
            self._outbox.append((add, size))
            self._outbox_bytes += size
        self._poke()

    def _say_part(self, job: Job, encoding: int, raw: Optional[bytes]) -> None:
        with self._lock:
            while self._outbox_bytes > _BACKLOG_BYTES_MAX and not job.is_stopped \
                    and not self._is_over:
                self._room.wait(1.0)
        self._say(lambda batch: batch.add(wire.PARTIAL, *job._key, encoding, batch.payload(raw)),
                  len(raw or b""))

    def _poke(self) -> None:
        with self._lock:
            if self._wake is not None:
                try:
                    self._wake.send(b"", zmq.NOBLOCK)
                except zmq.Again:
                    pass  # enough of them are on their way

    def _batches(self) -> Iterable[wire.Batch]:
        while True:
            batch = wire.Batch()
            while not batch.is_full:
                with self._lock:
                    if not self._outbox:
                        break
                    add, size = self._outbox[0]
                    bytes_most = batch.size + size + _TEXT_BYTES_MAX + _ENVELOPE_BYTES_MAX
                    if not batch.is_empty and bytes_most > self._message_bytes_max:
                        break
                    self._outbox.popleft()
                    self._outbox_bytes -= size
                    self._room.notify_all()
                add(batch)
            if batch.is_empty:
                return
            yield batch

    # ---- what the broker says ----

    def _ready(self) -> wire.Batch:
        batch = wire.Batch()
        with self._lock:
            running = [[*key, *job._submission, job.service] for key, job in self._held.items()]
        batch.add(wire.WORKER_READY, wire.VERSION, "steward-python", int(self._interval * 10**6),
                  self._concurrency, self._concurrency, list(self._handlers), running,
                  self._channels)
        return batch

    def _assign(self, command: wire.Command) -> None:
        job = Job(self, command)
        with self._lock:
            if self._leaving_since is not None or job.service not in self._handlers:
                self._outbox.append((lambda batch: batch.add(wire.RETURN, [list(job._key)]), 0))
                return
            self._held[job._key] = job
            self._waiting.append(job)
            self._work.notify()

    def _give_back(self, keys: Optional[List[Tuple[bytes, int]]] = None) -> None:
        """Those that wait, or those of them that are named, go back to the broker."""
        with self._lock:
            back = [job for job in self._waiting if keys is None or job._key in keys]
            for job in back:
                self._waiting.remove(job)
                del self._held[job._key]
            if back:
                named = [list(job._key) for job in back]
                self._outbox.append((lambda batch: batch.add(wire.RETURN, named), 0))

    def _stop(self, key: Tuple[bytes, int], why: str) -> None:
        """What runs is told to stop, what waits is not begun."""
        with self._lock:
            job = self._held.get(key)
            if job is None or job._is_done:
                return  # its end is told all the same: it says that there is room again
            job._why = why if not job.is_stopped else job._why
            job._stopped.set()
            if job in self._waiting:
                self._waiting.remove(job)
                del self._held[key]
                self._outbox.append((lambda batch: batch.add(
                    wire.FINISH, *key, wire.FAILED, "stopped before it was begun", wire.ABSENT,
                    None, 0, 0), 0))
            else:
                self._kill_at[key] = time.monotonic() + self._stop_grace

    def _check(self, is_privileged: bool, broker: str) -> bytes:
        """How it is, as every worker answers "steward check"."""
        with self._lock:
            running = sum(not job._is_done for job in self._held.values()) - len(self._waiting)
            check = wire.Check(f"{running} of {self._concurrency} at work for {broker}",
                               is_privileged)
            check.count("uptime", time.monotonic() - self._since, "s")
            check.count("running", running, most=self._concurrency)
            check.count("done", self._done, "c")
            check.count("failed", self._failed, "c")
        if is_privileged:
            check.count("memory", _resident_bytes(), "B")
            check.count("cpu", time.process_time(), "s")
        if self._tells is not None:
            check.count_own(self._tells)
        return check.to_json()

    def _check_limits(self) -> Tuple[Optional[float], Optional[Job], str]:
        """When to look again, or a job for which the process must go, and why."""
        now = time.monotonic()
        with self._lock:
            running = [job for job in self._held.values()
                       if not job._is_done and job not in self._waiting]
            for job in running:
                if self._kill_at.get(job._key, now + 1) > now:
                    continue
                if job.is_stopped:
                    return None, job, f"{job._why} and ignored its stop for {self._stop_grace:g} s"
                job._why = f"ran longer than its time limit of {job.time_limit:g} s"
                job._stopped.set()
                self._kill_at[job._key] = now + self._stop_grace
            look_at = min((self._kill_at[job._key] for job in running if job._key in self._kill_at),
                          default=None)
            limited = [job for job in running if job.memory_limit]
        if limited:
            held = _resident_bytes()
            for job in limited:
                if held > job.memory_limit:
                    return None, job, (f"its worker held {held} bytes of memory, more than its "
                                       f"memory_limit of {job.memory_limit}")
            look_at = min(look_at or now + 1, now + _MEMORY_INTERVAL)
        return look_at, None, ""


class _Connection:
    """The main thread: one socket after the other, and what passes through it."""

    def __init__(self, worker: Worker, context: zmq.Context, inner: zmq.Socket) -> None:
        self._worker = worker
        self._context = context
        self._inner = inner
        self._broker = 0
        self._pause = 0.05
        self._has_said_goodbye = False
        self._broker_interval = 5.0  # it speaks so often; it says so in its welcome
        self._socket: Any = None

    def serve(self) -> None:
        while True:
            monitor = self._connect()
            try:
                if self._converse(monitor):
                    return
                why = "the broker said goodbye"
            except (wire.Malformed, ConnectionError) as error:
                why = str(error)
            finally:
                self._socket.disable_monitor()
                self._socket.close(1000 if self._has_said_goodbye else 0)
                monitor.close(0)
            if self._may_end():
                return
            _log(f"broker_lost broker={self._worker._endpoints[self._broker]} why={why!r}")
            self._broker = (self._broker + 1) % len(self._worker._endpoints)
            time.sleep(self._pause * random.uniform(0.5, 1.0))
            self._pause = min(2 * self._pause, 2.0)

    def _may_end(self) -> bool:
        """Told to leave, and no broker is there to be told of what has been done."""
        worker = self._worker
        with worker._lock:
            since = worker._leaving_since
            is_working = any(not job._is_done for job in worker._held.values())
        if since is None or is_working:
            return False
        patience = worker._interval * _SILENT_INTERVALS
        return not worker._held or time.monotonic() - since > patience

    def _connect(self) -> zmq.Socket:
        self._has_said_goodbye = False
        self._broker_interval = self._worker._interval  # it answers at once
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.SNDHWM, 0)
        wire.use_keys(self._socket, self._worker._keys)
        self._socket.setsockopt(zmq.MAXMSGSIZE, wire.MESSAGE_BYTES_MAX)
        monitor = self._socket.get_monitor_socket(
            zmq.EVENT_DISCONNECTED | zmq.EVENT_CONNECT_RETRIED)
        self._socket.connect(self._worker._endpoints[self._broker])
        wire.send(self._socket, self._worker._ready().frames())
        return monitor

    def _converse(self, monitor: zmq.Socket) -> bool:
        """True: the worker has left."""
        worker, interval = self._worker, self._worker._interval
        poller = zmq.Poller()
        for socket in (self._inner, self._socket, monitor):
            poller.register(socket, zmq.POLLIN)
        is_welcome = False
        heard = spoken = time.monotonic()
        while True:
            look_at, lost, why = worker._check_limits()
            if lost is not None:
                self._give_up(lost, why, monitor)
            now = time.monotonic()
            if now - heard > self._broker_interval * _SILENT_INTERVALS:
                raise ConnectionError("the broker is silent")
            until = min(spoken + interval, look_at or now + interval)
            ready = dict(poller.poll(max(1, int(1000 * (until - now)) + 1)))
            if monitor in ready:
                zmq.utils.monitor.recv_monitor_message(monitor)
                raise ConnectionError("the connection was lost")
            while self._inner.poll(0):
                self._inner.recv()
            while self._socket.poll(0):
                heard = time.monotonic()
                for command in wire.commands(self._socket.recv_multipart()):
                    if command.type == wire.DISCONNECT:
                        if self._has_said_goodbye:
                            return True
                        raise ConnectionError(command.text(1))
                    is_welcome = self._obey(command) or is_welcome
            if is_welcome and self._speak():
                spoken = time.monotonic()
            if is_welcome and time.monotonic() - spoken >= interval:
                beat = wire.Batch()
                beat.add(wire.HEARTBEAT)
                wire.send(self._socket, beat.frames())
                spoken = time.monotonic()

    def _speak(self) -> bool:
        worker = self._worker
        if worker._leaving_since is not None and not self._has_said_goodbye:
            self._has_said_goodbye = True
            worker._give_back()
            goodbye = wire.Batch()
            goodbye.add(wire.GOODBYE, True)
            wire.send(self._socket, goodbye.frames())
        has_spoken = False
        for batch in worker._batches():
            wire.send(self._socket, batch.frames(), copy=False)
            has_spoken = True
        return has_spoken

    def _obey(self, command: wire.Command) -> bool:
        worker = self._worker
        if command.type == wire.WELCOME:
            self._pause = 0.05
            self._broker_interval = command[3] / 10**6
            worker._message_bytes_max = command[4] or wire.MESSAGE_BYTES_MAX
            worker._stop_grace = command[6] / 10**6 if command[6] else 5.0
            _log(f"ready broker={worker._endpoints[self._broker]}")
            return True
        if command.type == wire.ASSIGN:
            worker._assign(command)
        elif command.type == wire.STOP_ATTEMPT:
            worker._stop((command.raw(1), command[2]), command.text(3))
        elif command.type == wire.RECALL:
            worker._give_back([(bytes(one[0]), one[1]) for one in command[1]])
        elif command.type == wire.ASK:
            self._answer(command)
        elif command.type == wire.REGISTER_AGAIN:
            wire.send(self._socket, worker._ready().frames())
        return False

    def _answer(self, command: wire.Command) -> None:
        """The broker has seen to it that who asks may."""
        worker, what, is_privileged = self._worker, command.text(2), bool(command[3])
        answer = b""
        if what == "check":
            answer = worker._check(is_privileged, worker._endpoints[self._broker])
        elif what == "stop" and is_privileged:
            answer = b'{"stopping": true}'
        batch = wire.Batch()
        batch.add(wire.TOLD, command[1], answer)
        self._socket.send_multipart(batch.frames())
        if what == "stop" and answer and worker._leaving_since is None:
            _log("leaving why='one who knows the secret said so'")
            worker.leave()

    def _give_up(self, job: Job, why: str, monitor: zmq.Socket) -> None:
        """A thread cannot be ended from outside: the process gives way to a fresh one. Other jobs
        of it run again elsewhere."""
        _log(f"giving_up job={job.id} why={why!r}")
        last = wire.Batch()
        last.add(wire.FINISH, *job._key, wire.FAILED, why, wire.ABSENT, None, 0, 0)
        last.add(wire.GOODBYE, False)
        wire.send(self._socket, last.frames())
        self._socket.disable_monitor()
        self._socket.close(1000)
        monitor.close(0)
        self._inner.close(0)
        with self._worker._lock:
            self._worker._wake.close(0)
            self._worker._wake = None
        ender = threading.Thread(target=self._context.term, daemon=True)
        ender.start()  # it ends when the last words have left
        ender.join(1.0)
        os._exit(EXIT_REPLACE)


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0  # without /proc the limit is not enforced


def _cut(text: str) -> str:
    """What a message may have: as many bytes, and "?" for what is no character (os.fsdecode() makes
    some)."""
    return text.encode("utf-8", "replace")[:_TEXT_BYTES_MAX].decode("utf-8", "ignore")


def _log(line: str) -> None:
    print(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), line, file=sys.stderr, flush=True)
