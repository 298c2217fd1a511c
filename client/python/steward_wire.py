"""What the client and the worker of Steward share: ids, params, options and batches of commands.

docs/protocol.md ("The native protocol") describes the bytes. Users import steward_client or
steward_worker.
"""

from __future__ import annotations

import json
import os
import re
from datetime import datetime, timedelta
from typing import Any, Callable, Iterable, Iterator, Mapping, Optional, Sequence, Tuple, Union

import msgpack
import zmq

MAGIC = b"STW\x01"
VERSION = 1
INLINE_BYTES_MAX = 4096  # a longer payload travels in a frame of its own
BATCH_BYTES_MAX = 8 << 20
MESSAGE_BYTES_MAX = 256 << 20  # of what is received

SESSION, CLIENT_HELLO, SUBMIT, QUERY, AWAIT, OPERATE = 1, 2, 3, 4, 5, 6
WORKER_READY, FINISH, RETURN, GOODBYE, TOLD = 17, 18, 19, 20, 21
HEARTBEAT, PARTIAL, PROGRESS = 32, 33, 34
WELCOME, DISCONNECT = 64, 65
ACCEPTED, REFUSED, JOB_PARTIAL, JOB_PROGRESS, RESULT, REPORT = 80, 81, 82, 83, 84, 85
ASSIGN, STOP_ATTEMPT, RECALL, REGISTER_AGAIN, ASK = 96, 97, 98, 99, 100

ABSENT, OPAQUE, FRAMES, JSON, MSGPACK, PHP = range(6)
SUCCEEDED, FAILED, FAILED_FOR_GOOD, SNOOZED = range(4)
STATES = ("scheduled", "ready", "active", "succeeded", "failed", "dead", "expired", "cancelled",
          "blocked")

Duration = Union[int, float, timedelta, str]

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_UNITS = {"us": 1, "ms": 1000, "s": 10**6, "min": 60 * 10**6, "h": 3600 * 10**6, "d": 86400 * 10**6}
_SIZES = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_PRIORITIES = {"low": 1024, "normal": 2048, "high": 4096, "urgent": 2147483647}


class Malformed(ValueError):
    """Bytes from the other side are not what the protocol allows."""


# ---- ids ----

def id_text(raw: bytes) -> str:
    """The 26 characters that people see."""
    number = int.from_bytes(raw, "big")
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))


def id_bytes(text: str) -> bytes:
    """The 16 bytes of an id's text. ValueError when it is none."""
    if len(text) != 26 or any(character not in _ALPHABET for character in text):
        raise ValueError(f"{text!r} is no job id: 26 characters of {_ALPHABET}")
    number = 0
    for character in text:
        number = number << 5 | _ALPHABET.index(character)
    if number >> 128:
        raise ValueError(f"{text!r} is no job id: it is too large")
    return number.to_bytes(16, "big")


# ---- params and results ----

def encode(value: Any, encoding: int = JSON) -> Tuple[int, Optional[bytes]]:
    """Encoding and bytes of params, a result or a part. None is nothing, bytes are opaque.
    ValueError for what JSON has not, such as NaN."""
    if value is None:
        return ABSENT, None
    if isinstance(value, (bytes, bytearray, memoryview)):
        return OPAQUE, bytes(value)
    if encoding == MSGPACK:
        return MSGPACK, msgpack.packb(value)
    return JSON, json.dumps(value, separators=(",", ":"), ensure_ascii=False,
                            allow_nan=False).encode()


def decode(encoding: int, payload: Optional[bytes]) -> Any:
    """The value. PHP's encoding is given as its bytes, several frames as a list of bytes."""
    if encoding == ABSENT or payload is None:
        return None
    if encoding == JSON:
        return json.loads(payload)
    if encoding == MSGPACK:
        return msgpack.unpackb(payload, strict_map_key=False)
    if encoding == FRAMES:
        frames, rest = [], payload
        while rest:
            size = int.from_bytes(rest[:4], "little")
            frames.append(rest[4:4 + size])
            rest = rest[4 + size:]
        return frames
    return payload


# ---- options ----

def micros(value: Duration) -> int:
    """A duration in microseconds: seconds, a timedelta, or a text such as "30s" or "250ms"."""
    if isinstance(value, timedelta):
        return round(value.total_seconds() * 10**6)
    if isinstance(value, str):
        match = re.fullmatch(r"(\d+(?:\.\d+)?)(us|ms|s|min|h|d)?", value)
        if not match:
            raise ValueError(f"{value!r} is no duration: write seconds, or 250ms, 30s, 5min, 1h, 1d")
        return round(float(match[1]) * _UNITS[match[2] or "s"])
    return round(value * 10**6)


def _size(value: Union[int, str]) -> int:
    if isinstance(value, int):
        return value
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(B|KiB|MiB|GiB|TiB)", value)
    if not match:
        raise ValueError(f"{value!r} is no size: write bytes, or 64KiB, 512MiB, 1.5GiB")
    return round(float(match[1]) * _SIZES[match[2]])


def _instant(value: Union[datetime, int, float]) -> int:
    seconds = value.timestamp() if isinstance(value, datetime) else value
    return round(seconds * 10**6)


def _rate(value: Union[int, float, str]) -> int:
    """From one start to the next."""
    if isinstance(value, str):
        number, _, unit = value.partition("/")
        pause = micros(unit if unit[:1].isdigit() else "1" + unit)
        return round(pause / float(number))
    return round(10**6 / value)


def _named(names: Mapping[str, int]):
    def number(value: Union[int, str]) -> int:
        if isinstance(value, int):
            return value
        if value not in names:
            raise ValueError(f"{value!r} is none of {', '.join(names)}")
        return names[value]
    return number


def _same(value: Any) -> Any:
    return value


_OPTIONS = {
    "durable": bool, "priority": _named(_PRIORITIES), "delay": micros, "run_at": _instant,
    "expires_in": micros, "time_limit": micros, "memory_limit": _size, "max_attempts": int,
    "backoff": micros, "backoff_max": micros, "result_ttl": micros, "wait": micros,
    "channel": _same, "context": _same, "group": _same, "group_limit": int, "group_rate": _rate,
    "group_weight": int, "unique": _same, "unique_scope": _named({"waiting": 0, "running": 1}),
    "on_duplicate": _named({"drop": 0, "attach": 1, "replace": 2}),
    "after": lambda ids: [id_bytes(one) for one in ids], "batch": _same, "meta": dict,
}


def pack_options(options: Mapping[str, Any]) -> Optional[dict]:
    """Options under their documented names, as numbers. TypeError for a name that there is not."""
    packed = {}
    for name, value in options.items():
        if name not in _OPTIONS:
            raise TypeError(f"there is no option {name!r}; there are {', '.join(sorted(_OPTIONS))}")
        if value is not None:
            packed[name] = _OPTIONS[name](value)
    return packed or None


# ---- batches ----

class Batch:
    """Commands that leave as one message."""

    def __init__(self) -> None:
        self._commands = bytearray(MAGIC)
        self._frames: list[bytes] = []
        self.size = 0

    def add(self, *fields: Any) -> None:
        """A command: its type and fields. A payload field is made by payload()."""
        packed = msgpack.packb(fields)
        self._commands += packed
        self.size += len(packed)

    def payload(self, raw: Optional[bytes]) -> Union[None, int, bytes]:
        """The field for these bytes: themselves, or the index of a frame of their own."""
        if raw is None or len(raw) <= INLINE_BYTES_MAX:
            return raw
        self._frames.append(raw)
        self.size += len(raw)
        return len(self._frames)

    def mark(self) -> Tuple[int, int, int]:
        """For undo()."""
        return len(self._commands), len(self._frames), self.size

    def undo(self, mark: Tuple[int, int, int]) -> None:
        """Leaves out what was added since, also what only began to be."""
        commands, frames, self.size = mark
        del self._commands[commands:], self._frames[frames:]

    @property
    def is_empty(self) -> bool:
        return len(self._commands) == len(MAGIC)

    @property
    def message_bytes(self) -> int:
        return len(MAGIC) + self.size

    @property
    def is_full(self) -> bool:
        return self.size >= BATCH_BYTES_MAX or len(self._frames) >= 1000

    def frames(self) -> list[bytes]:
        return [bytes(self._commands), *self._frames]


class Command:
    """A command that came: its type and fields, with those that are missing at the end as 0."""

    def __init__(self, fields: Sequence[Any], frames: Sequence[bytes]) -> None:
        self._fields = fields
        self._frames = frames
        self.type = fields[0]

    def __getitem__(self, index: int) -> Any:
        return self._fields[index] if index < len(self._fields) else 0

    def text(self, index: int) -> str:
        value = self[index]
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")

    def raw(self, index: int) -> bytes:
        value = self[index]
        return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)

    def payload(self, index: int) -> Optional[bytes]:
        value = self[index]
        if isinstance(value, int):
            if not 1 <= value < len(self._frames):
                raise Malformed("a payload names a frame that there is not")
            return self._frames[value]
        return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def commands(frames: Sequence[bytes]) -> Iterator[Command]:
    """The commands of a message. Malformed from the faulty one on."""
    if not frames or not frames[0].startswith(MAGIC):
        raise Malformed("a message that is not of this protocol")
    unpacker = msgpack.Unpacker(raw=False, unicode_errors="surrogateescape",
                                max_buffer_size=MESSAGE_BYTES_MAX, strict_map_key=False)
    unpacker.feed(frames[0][len(MAGIC):])
    try:
        for fields in unpacker:
            if not isinstance(fields, list) or not fields or not isinstance(fields[0], int):
                raise Malformed("a command that is no array")
            yield Command(fields, frames)
    except (msgpack.UnpackException, ValueError, IndexError, TypeError) as error:
        raise Malformed(str(error)) from error


# ---- checks ----

class Check:
    """How a worker is, for monitoring: a line of text and counters, at most 256."""

    def __init__(self, text: str, is_privileged: bool) -> None:
        self._text, self._is_privileged = text, is_privileged
        self._counters: list[dict[str, Any]] = []

    def count(self, name: str, value: float, unit: str = "", most: Optional[float] = None) -> None:
        if len(self._counters) < 256:
            self._counters.append({"name": name, "value": round(value, 6), "unit": unit, "min": 0,
                                   "max": most})

    def count_own(self, tell: Callable[[], Mapping[str, float]]) -> None:
        """Those of the program's own; when it fails, that is told beside the others."""
        try:
            for name, value in tell().items():
                self.count(str(name), float(value))
        except Exception as error:
            self._text += f"; its own counters failed: {type(error).__name__}: {error}"

    def to_json(self) -> bytes:
        return json.dumps({"text": self._text[:1000], "privileged": self._is_privileged,
                           "counters": self._counters}).encode()


# ---- brokers ----

def endpoints(brokers: Union[str, Iterable[str]], port: int) -> list[str]:
    """"host", "host:port", "tcp://…", a list of them or one text with commas, as endpoints."""
    texts = brokers.split(",") if isinstance(brokers, str) else list(brokers)
    found = []
    for text in (one.strip() for one in texts):
        if "://" in text and not text.startswith("tcp://"):
            found.append(text)
            continue
        address = text[6:] if text.startswith("tcp://") else text
        has_port = re.fullmatch(r"(\[[^]]*\]|[^:]*):\d+", address)
        found.append(f"tcp://{address}" if has_port else f"tcp://{address}:{port}")
    if not found or "tcp://:" in found[0]:
        raise ValueError("a broker's address is missing: write HOST or HOST:PORT")
    return found


def _key_of(path: str, setting: str) -> bytes:
    with open(path, encoding="utf-8") as file:
        if setting == "secret_key" and os.fstat(file.fileno()).st_mode & 0o077:
            raise ValueError(f"{path}: others may read or write this secret key; chmod 600 {path}")
        found = re.search(rf'^{setting} = "([!-~]{{40}})"$', file.read(), re.MULTILINE)
    if found is None:
        raise ValueError(f"{path}: there is no {setting} in it")
    return found.group(1).encode()


Keys = Optional[Tuple[bytes, bytes, bytes]]  # own secret, own public, the broker's public


def own_keys() -> Keys:
    """The keys that the environment names, if it does (docs/security.md)."""
    own = os.environ.get("STEWARD_KEY_FILE", "")
    server = os.environ.get("STEWARD_SERVER_KEY_FILE", "")
    if bool(own) != bool(server):
        raise ValueError("STEWARD_KEY_FILE and STEWARD_SERVER_KEY_FILE belong together")
    if not own:
        return None
    return (_key_of(own, "secret_key"), _key_of(own, "public_key"),
            _key_of(server, "public_key"))


def use_keys(socket: zmq.Socket, keys: Keys) -> None:
    """Before connect()."""
    if keys is not None:
        socket.curve_secretkey, socket.curve_publickey, socket.curve_serverkey = keys


def send(socket: zmq.Socket, frames: Sequence[bytes], copy: bool = True) -> None:
    """Never waits: a socket that was turned away in its handshake would do so for ever."""
    try:
        socket.send_multipart(frames, zmq.DONTWAIT, copy=copy)
    except zmq.Again:
        raise ConnectionError("the broker has turned this connection away") from None
