"""A client of Steward for Python: submit jobs, call services, ask the broker.

    from steward_client import Client

    with Client("127.0.0.1") as client:
        job = client.submit("mail", {"to": "ann@example.org"}, priority="high")
        size = client.call("resize", {"path": "cat.jpg", "width": 640}, timeout=5)
        for part in client.stream("count", {"to": 3}):
            print(part)

Needs python3-zmq and python3-msgpack. docs/writing-clients.md has more.
"""

from __future__ import annotations

import collections
import json
import os
import queue
import random
import threading
import time
from concurrent.futures import Future, TimeoutError as FutureTimeout
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Optional, Union

import zmq
import zmq.utils.monitor

import steward_wire as wire
from steward_wire import Duration

__all__ = ["Client", "Error", "Refused", "JobFailed", "Timeout", "Disconnected", "Spec", "wire"]

_SPAN_MAX = 16384  # numbers of one session, from the oldest open one to the newest
_SILENT_INTERVALS = 3
_TOO_LARGE = 1008


class Error(Exception):
    """Whatever a request can end with besides its answer."""


class Refused(Error):
    """The broker did not take the request. `code` is a number of docs/protocol.md ("Error codes"),
    `retry_after` the seconds after which it may be tried again, if that helps."""

    def __init__(self, code: int, message: str, retry_after: Optional[float] = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after

    @property
    def may_work_later(self) -> bool:
        return 1200 <= self.code < 1300


class JobFailed(Error):
    """The job has ended without success: `state` is failed, dead, expired or cancelled, `value` what
    its worker left with the failure."""

    def __init__(self, job: str, state: str, text: str, value: Any) -> None:
        super().__init__(text or f"the job is {state}")
        self.job = job
        self.state = state
        self.value = value


class Timeout(Error):
    """No answer in time. What was asked goes on: a job that was submitted is not taken back."""


class Disconnected(Error):
    """The client was closed while this was open."""


class Spec(NamedTuple):
    """A job for submit_many()."""
    service: str
    params: Any = None
    options: Mapping[str, Any] = {}


class _Session:
    """Numbers that the broker remembers under one id, until they are settled."""

    def __init__(self, begin: int) -> None:
        self.id = random.SystemRandom().randrange(1, 1 << 63)
        self.begin = begin
        self.end: Optional[int] = None  # its numbers are below; None: the newest
        self.open: "collections.OrderedDict[int, None]" = collections.OrderedDict()

    def acked_below(self, next_number: int) -> int:
        return next(iter(self.open)) if self.open else (self.end or next_number)


class _Request:
    """One that is open. `send(batch, again)` adds its command."""

    def __init__(self, send: Callable[[wire.Batch, bool], None], session: Optional[_Session],
                 on_part: Optional[Callable[[Any], None]] = None) -> None:
        self.send = send
        self.session = session
        self.on_part = on_part
        self.was_sent = False
        self.job: Optional[str] = None
        self.future: "Future[Any]" = Future()

    def fail(self, error: Exception) -> None:
        if self.future.set_running_or_notify_cancel():  # False: somebody has cancelled it
            self.future.set_exception(error)


class Client:
    """One connection, served by a thread of its own; any number of threads may use it at once.

    A request is sent again under its number when the connection breaks, so a broken connection is
    neither noticed nor makes a second job. Of several brokers the next is tried when one is silent.
    """

    def __init__(self, brokers: Union[str, Iterable[str]] = "127.0.0.1", *, port: int = 5555,
                 timeout: Duration = 30, encoding: str = "json",
                 heartbeat_interval: Duration = 5) -> None:
        """`timeout` counts for whatever has none of its own; `encoding` of params: json, msgpack."""
        self._endpoints = wire.endpoints(brokers, port)
        self._keys = wire.own_keys()
        self._timeout = timeout
        self._encoding = {"json": wire.JSON, "msgpack": wire.MSGPACK}[encoding]
        self._interval = wire.micros(heartbeat_interval) / 10**6
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._number = 0
        self._span = _SPAN_MAX
        self._message_bytes_max = wire.MESSAGE_BYTES_MAX  # what the broker takes
        self._session = _Session(1)
        self._left: list[_Session] = []  # sessions that get no new numbers
        self._open: "collections.OrderedDict[int, _Request]" = collections.OrderedDict()
        self._unsent: "collections.deque[int]" = collections.deque()
        self._is_closed = False
        self._context = zmq.Context()
        self._wake = self._context.socket(zmq.PAIR)
        inner = self._context.socket(zmq.PAIR)
        inner.bind(f"inproc://steward-{id(self)}")
        self._wake.connect(f"inproc://steward-{id(self)}")
        self._thread = threading.Thread(target=self._serve, args=(inner,), daemon=True,
                                        name="steward-client")
        self._thread.start()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    # ---- jobs ----

    def submit(self, service: str, params: Any = None, *, timeout: Optional[Duration] = None,
               **options: Any) -> str:
        """The id of the job, once the broker has it: it is not lost from here on (unless
        durable=False). Options are those of docs/protocol.md ("OPTION frames")."""
        until = self._until(timeout)
        return self._wait_until(self._submit_job(service, params, options, until), until)

    def submit_async(self, service: str, params: Any = None, **options: Any) -> "Future[str]":
        """The same without waiting, unless as many are open as may be."""
        return self._submit_job(service, params, options, None)

    def submit_many(self, specs: Iterable[Union[Spec, tuple]],
                    timeout: Optional[Duration] = None) -> "list[Union[str, Error]]":
        """An id or an error for each, in their order."""
        until = self._until(timeout)
        futures: "list[Union[Future[str], Timeout]]" = []
        for spec in (Spec(*one) for one in specs):
            try:
                futures.append(self._submit_job(spec.service, spec.params, spec.options, until))
            except Timeout as error:
                futures.append(error)
        answers: list[Union[str, Error]] = []
        for future in futures:
            try:
                answers.append(future if isinstance(future, Timeout)
                               else self._wait_until(future, until))
            except Error as error:
                answers.append(error)
        return answers

    def call(self, service: str, params: Any = None, *, timeout: Optional[Duration] = None,
             on_part: Optional[Callable[[Any], None]] = None, **options: Any) -> Any:
        """Runs a job and returns its result. `on_part` is called with each part of the answer, on
        the client's own thread. Raises JobFailed, Refused, Timeout."""
        until = self._until(timeout)
        request = self._submit(service, params, options, is_sync=True, on_part=on_part, until=until)
        return self._wait_until(request.future, until)

    def call_async(self, service: str, params: Any = None, *,
                   on_part: Optional[Callable[[Any], None]] = None,
                   **options: Any) -> "Future[Any]":
        """The same without waiting, unless as many are open as may be."""
        return self._submit(service, params, options, is_sync=True, on_part=on_part,
                            until=None).future

    def stream(self, service: str, params: Any = None, *, timeout: Optional[Duration] = None,
               **options: Any) -> Iterator[Any]:
        """The parts of an answer as they come, and last its result unless it has none. `timeout` is
        the longest wait for the next of them."""
        parts: "queue.SimpleQueue[tuple[bool, Any]]" = queue.SimpleQueue()
        future = self._submit(service, params, options, is_sync=True,
                              on_part=lambda part: parts.put((True, part)),
                              until=self._until(timeout)).future
        future.add_done_callback(lambda _: parts.put((False, None)))
        while True:
            try:
                is_part, part = parts.get(timeout=self._seconds(timeout))
            except queue.Empty:
                self._forget(future)
                raise Timeout("no part of the answer came in time") from None
            if not is_part:
                break
            yield part
        result = future.result()
        if result is not None:
            yield result

    def wait(self, job: str, timeout: Optional[Duration] = None) -> Any:
        """The result of a job, whoever submitted it; waits for its end. Raises as call() does."""
        until = self._until(timeout)
        raw = wire.id_bytes(job)

        def send(batch: wire.Batch, _: bool) -> None:
            left = max(0.0, until - time.monotonic())
            batch.add(wire.AWAIT, number, raw, int(left * 10**6))

        with self._lock:
            number, request = self._add(lambda n, s: _Request(send, None), until)
        self._poke()
        result = self._wait(request.future, max(0.0, until - time.monotonic()) + self._interval)
        if request.job == "going on":
            raise Timeout(f"the job {job} still goes on")
        return result

    # ---- questions ----

    def status(self, job: str, timeout: Optional[Duration] = None) -> dict:
        """All that is known of a job."""
        return self.query("status", job=job, timeout=timeout)

    def query(self, what: str, service: str = "", *, job: Optional[str] = None,
              timeout: Optional[Duration] = None) -> Any:
        """`what`: jobs, active, hist, workers, services, broker, status, why; see docs/protocol.md
        ("Asking")."""
        raw = wire.id_bytes(job) if job else None
        return self._ask(timeout, lambda batch, number: batch.add(
            wire.QUERY, number, what, service, raw))

    def operate(self, verb: str, timeout: Optional[Duration] = None, **arguments: Any) -> Any:
        """Cancels, retries, pauses and so on: docs/protocol.md ("Operate")."""
        raw = json.dumps(arguments).encode()
        return self._ask(timeout, lambda batch, number: batch.add(
            wire.OPERATE, number, verb, batch.payload(raw)))

    def cancel(self, *jobs: str, timeout: Optional[Duration] = None) -> int:
        """How many of them had not ended and are cancelled, or told to stop."""
        return self.operate("cancel", timeout, jobs=list(jobs))["changed"]

    def close(self) -> None:
        """Ends the connection; what is open ends with Disconnected."""
        with self._lock:
            if self._is_closed:
                return
            self._is_closed = True
            self._room.notify_all()
        self._poke()
        self._thread.join()
        self._wake.close(0)
        self._context.term()

    # ---- requests ----

    def _seconds(self, timeout: Optional[Duration]) -> float:
        return wire.micros(self._timeout if timeout is None else timeout) / 10**6

    def _until(self, timeout: Optional[Duration]) -> float:
        return time.monotonic() + self._seconds(timeout)

    def _wait(self, future: "Future[Any]", timeout: Optional[Duration]) -> Any:
        seconds = self._seconds(timeout)
        try:
            return future.result(seconds)
        except FutureTimeout:
            self._forget(future)
        raise Timeout(f"no answer within {seconds:.3g} s")

    def _wait_until(self, future: "Future[Any]", until: float) -> Any:
        return self._wait(future, max(0.0, until - time.monotonic()))

    def _forget(self, future: "Future[Any]") -> None:
        with self._lock:
            for number, request in self._open.items():
                if request.future is future:
                    self._close_request(number)
                    return

    def _submit_job(self, service: str, params: Any, options: Mapping[str, Any],
                    until: Optional[float]) -> "Future[str]":
        if "wait" in options:
            raise TypeError("submit() does not wait for results: use call() or wait()")
        return self._submit(service, params, options, is_sync=False, on_part=None,
                            until=until).future

    def _submit(self, service: str, params: Any, options: Mapping[str, Any], is_sync: bool,
                on_part: Optional[Callable[[Any], None]], until: Optional[float]) -> _Request:
        encoding, raw = wire.encode(params, self._encoding)
        packed = wire.pack_options(options)

        def make(number: int, session: _Session) -> _Request:
            def send(batch: wire.Batch, again: bool) -> None:
                batch.add(wire.SUBMIT, number, again, is_sync, service, encoding,
                          batch.payload(raw), packed)
            return _Request(send, session, on_part)

        with self._lock:
            _, request = self._add(make, until)
        self._poke()
        return request

    def _ask(self, timeout: Optional[Duration], add: Callable[[wire.Batch, int], None]) -> Any:
        until = self._until(timeout)
        with self._lock:
            number, request = self._add(
                lambda n, s: _Request(lambda batch, again: add(batch, n), None), until)
        self._poke()
        return self._wait_until(request.future, until)

    def _add(self, make: Callable[[int, _Session], _Request],
             until: Optional[float]) -> "tuple[int, _Request]":
        """With the lock held. Waits while as many are open as one session may have; None: as long
        as that takes."""
        while len(self._open) >= self._span and not self._is_closed:
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                raise Timeout("too many requests were open all the time")
            self._room.wait(left)
        if self._is_closed:
            raise Disconnected("the client is closed")
        number = self._number = self._number + 1
        if number - self._session.acked_below(number) >= self._span:
            # An old request would stretch what the broker remembers: go on under another session.
            self._session.end = number
            self._left.append(self._session)
            self._session = _Session(number)
        request = make(number, self._session)
        if request.session is not None:
            request.session.open[number] = None
        self._open[number] = request
        self._unsent.append(number)
        return number, request

    def _close_request(self, number: int) -> Optional[_Request]:
        """With the lock held."""
        request = self._open.pop(number, None)
        if request is not None:
            if request.session is not None:
                request.session.open.pop(number, None)
            self._room.notify()
        return request

    def _poke(self) -> None:
        with self._lock:
            if not self._wake.closed:
                try:
                    self._wake.send(b"", zmq.NOBLOCK)
                except zmq.Again:
                    pass  # enough of them are on their way

    # ---- the thread ----

    def _serve(self, inner: zmq.Socket) -> None:
        _Connection(self, inner).serve()
        inner.close(0)
        with self._lock:
            numbers = list(self._open)
            requests = [self._close_request(number) for number in numbers]
        for request in requests:
            if request is not None:
                request.fail(Disconnected("the client was closed"))

    def _batches(self) -> Iterator[wire.Batch]:
        """What is to be sent now, each batch below its bound."""
        while True:
            failed: list[tuple[_Request, Exception]] = []
            with self._lock:
                batch = wire.Batch()
                session = None
                for left in [one for one in self._left if not one.open]:
                    batch.add(wire.SESSION, left.id, left.end)
                    self._left.remove(left)
                is_alone = True
                while self._unsent and not batch.is_full:
                    number = self._unsent.popleft()
                    request = self._open.get(number)
                    if request is None:
                        continue
                    if request.session is not None and request.session is not session:
                        session = request.session
                        batch.add(wire.SESSION, session.id, session.acked_below(self._number + 1))
                    mark = batch.mark()
                    try:
                        request.send(batch, request.was_sent)
                        if batch.message_bytes > self._message_bytes_max:
                            if not is_alone:  # then by itself, in the next batch
                                batch.undo(mark)
                                self._unsent.appendleft(number)
                                break
                            raise Refused(_TOO_LARGE, self._too_large_text(batch.message_bytes))
                        request.was_sent = True
                        is_alone = False
                    except Exception as error:  # it cannot be packed or taken: it alone ends
                        batch.undo(mark)
                        self._close_request(number)
                        failed.append((request, error))
            for request, error in failed:
                request.fail(error)
            if batch.is_empty:
                return
            yield batch

    def _too_large_text(self, size: int) -> str:
        return (f"the request takes about {size} bytes, the broker takes messages of at most "
                f"{self._message_bytes_max} ([limits] message_bytes_max)")

    def _acknowledgement(self) -> wire.Batch:
        batch = wire.Batch()
        with self._lock:
            batch.add(wire.SESSION, self._session.id, self._session.acked_below(self._number + 1))
        batch.add(wire.HEARTBEAT)
        return batch

    def _rewind(self, in_flight_max: int) -> None:
        """A new connection: everything open is sent again."""
        with self._lock:
            self._span = max(1, min(_SPAN_MAX, in_flight_max))
            self._unsent = collections.deque(self._open)

    def _take(self, command: wire.Command) -> None:
        """An answer of the broker."""
        number = command[1]
        if command.type == wire.JOB_PARTIAL:
            self._take_part(command)
            return
        if command.type == wire.REFUSED and number == 0:
            raise wire.Malformed(command.text(3))
        if command.type not in (wire.ACCEPTED, wire.REFUSED, wire.RESULT, wire.REPORT):
            return
        with self._lock:
            request = self._close_request(number)
        if request is None or not request.future.set_running_or_notify_cancel():
            return
        try:
            self._finish(request, command)
        except Exception as error:  # a result that cannot be read: it ends its request alone
            request.future.set_exception(error)

    def _take_part(self, command: wire.Command) -> None:
        request = self._open.get(command[1])
        if request is None or request.on_part is None:
            return
        try:
            request.on_part(wire.decode(command[3], command.payload(4)))
        except Exception as error:  # the user's own: it ends that request and nothing else
            with self._lock:
                self._close_request(command[1])
            request.fail(error)

    @staticmethod
    def _finish(request: _Request, command: wire.Command) -> None:
        if command.type == wire.ACCEPTED:
            request.job = "going on" if request.session is None else None
            request.future.set_result(wire.id_text(command.raw(2)))
        elif command.type == wire.REPORT:
            request.future.set_result(json.loads(command.payload(2) or b"null"))
        elif command.type == wire.REFUSED:
            pause = command[4]
            request.future.set_exception(
                Refused(command[2], command.text(3), pause / 10**6 if pause else None))
        else:
            value = wire.decode(command[5], command.payload(6))
            state = wire.STATES[command[3]]
            if state == "succeeded":
                request.future.set_result(value)
            else:
                request.future.set_exception(
                    JobFailed(wire.id_text(command.raw(2)), state, command.text(4), value))


class _Connection:
    """The client's thread: one socket after the other, and what passes through it."""

    def __init__(self, client: Client, inner: zmq.Socket) -> None:
        self._client = client
        self._inner = inner
        self._broker = 0
        self._pause = 0.05
        self._socket: Optional[zmq.Socket] = None
        self._monitor: Optional[zmq.Socket] = None

    def serve(self) -> None:
        while not self._client._is_closed:
            self._connect()
            try:
                self._converse()
            except (wire.Malformed, ConnectionError):
                pass
            self._disconnect()
            if not self._client._is_closed:
                self._broker = (self._broker + 1) % len(self._client._endpoints)
                self._rest()

    def _connect(self) -> None:
        self._socket = self._client._context.socket(zmq.DEALER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.MAXMSGSIZE, wire.MESSAGE_BYTES_MAX)
        self._socket.setsockopt(zmq.SNDHWM, 0)
        wire.use_keys(self._socket, self._client._keys)
        self._monitor = self._socket.get_monitor_socket(
            zmq.EVENT_DISCONNECTED | zmq.EVENT_CONNECT_RETRIED)
        self._socket.connect(self._client._endpoints[self._broker])
        hello = wire.Batch()
        hello.add(wire.CLIENT_HELLO, wire.VERSION, "steward-python",
                  int(self._client._interval * 10**6))
        wire.send(self._socket, hello.frames())

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._socket.disable_monitor()
            self._socket.close(0)
        if self._monitor is not None:
            self._monitor.close(0)
        self._socket = self._monitor = None

    def _rest(self) -> None:
        """A growing pause with some chance in it, so that many clients do not come at once."""
        until = time.monotonic() + self._pause * random.uniform(0.5, 1.0)
        self._pause = min(2 * self._pause, 2.0)
        while not self._client._is_closed and time.monotonic() < until:
            if self._inner.poll(max(1, int(1000 * (until - time.monotonic())))):
                self._drain()

    def _drain(self) -> None:
        while self._inner.poll(0):
            self._inner.recv()

    def _converse(self) -> None:
        interval = self._client._interval
        poller = zmq.Poller()
        for socket in (self._inner, self._socket, self._monitor):
            poller.register(socket, zmq.POLLIN)
        is_welcome = False
        heard = spoken = time.monotonic()
        while not self._client._is_closed:
            now = time.monotonic()
            if now - heard > interval * _SILENT_INTERVALS:
                raise ConnectionError("the broker is silent")
            if now - spoken >= interval and is_welcome:
                wire.send(self._socket, self._client._acknowledgement().frames())
                spoken = now
            ready = dict(poller.poll(max(1, int(1000 * (spoken + interval - now)))
                                     if is_welcome else int(1000 * interval)))
            if self._monitor in ready:
                zmq.utils.monitor.recv_monitor_message(self._monitor)
                raise ConnectionError("the connection was lost")
            if self._inner in ready:
                self._drain()
            while self._socket.poll(0):
                heard = time.monotonic()
                is_welcome = self._read(is_welcome)
            if is_welcome:
                for batch in self._client._batches():
                    wire.send(self._socket, batch.frames(), copy=False)
                    spoken = time.monotonic()

    def _read(self, is_welcome: bool) -> bool:
        for command in wire.commands(self._socket.recv_multipart()):
            if command.type == wire.WELCOME:
                is_welcome = True
                self._pause = 0.05
                self._client._message_bytes_max = command[4] or wire.MESSAGE_BYTES_MAX
                self._client._rewind(command[5])
            elif command.type == wire.DISCONNECT:
                raise ConnectionError(command.text(1))
            else:
                self._client._take(command)
        return is_welcome


def main() -> None:
    """python3 steward_client.py SERVICE [PARAMS-AS-JSON]: calls a service of STEWARD_BROKER."""
    import sys
    if len(sys.argv) not in (2, 3):
        sys.exit(main.__doc__)
    with Client(os.environ.get("STEWARD_BROKER", "127.0.0.1")) as client:
        params = json.loads(sys.argv[2]) if len(sys.argv) == 3 else None
        try:
            for part in client.stream(sys.argv[1], params):
                print(json.dumps(part, ensure_ascii=False) if not isinstance(part, bytes) else part)
        except Error as error:
            sys.exit(f"steward_client: {error}")


if __name__ == "__main__":
    main()
