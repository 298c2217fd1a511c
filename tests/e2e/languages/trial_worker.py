"""A worker for tests: does as its params say. usage: trial_worker.py BACKEND [CONCURRENCY]

From the environment: HEARTBEAT_INTERVAL, seconds.
"""

import functools
import os
import sys
import time

from steward_worker import Job, Reject, Snooze, Worker

worker = Worker(sys.argv[1], concurrency=int(sys.argv[2]) if len(sys.argv) > 2 else 1,
                heartbeat_interval=float(os.environ.get("HEARTBEAT_INTERVAL", "2")))
snoozed = set()


class Mute(Exception):
    """Cannot tell its text."""

    def __str__(self):
        raise RuntimeError("no text")


@worker.tells
def tells():
    return {"own": 5}


@worker.serves("echo")
def echo(job: Job):
    return job.params


@worker.serves("trial")
def trial(job: Job):
    order = job.params or {}
    for part in order.get("parts", []):
        job.part(part)
    job.progress(*order.get("progress", [1, 2, "half way"]))
    if "mark" in order:
        with open(order["mark"], "a", encoding="utf-8") as mark:
            mark.write(f"{job.id} {job.attempt}\n")
    if "until" in order:
        while not os.path.exists(order["until"]):
            if job.wait_stopped(0.02) and not order.get("stubborn"):
                break
            if order.get("stubborn"):
                time.sleep(0.02)
    outcome = order.get("outcome", "succeed")
    if outcome == "fail":
        raise RuntimeError("as it was told")
    if outcome == "surrogates":
        job.progress(1, 2, "caf\udce9")
        raise RuntimeError("cannot read caf\udce9")
    if outcome == "deep":
        sys.setrecursionlimit(10000)
        return functools.reduce(lambda inner, _: [inner], range(5000), 1)
    if outcome == "array as key":
        return {(1, 2): 3}
    if outcome == "nan":
        return [float("nan")]
    if outcome == "large":
        return "x" * order["size"]
    if outcome == "large part":
        job.part("x" * order["size"])
    if outcome == "mute":
        raise Mute
    if outcome == "snooze for":
        if job.id not in snoozed:
            snoozed.add(job.id)
            raise Snooze(order["pause"])
    if outcome == "reject":
        raise Reject("never")
    if outcome == "exit":
        sys.exit(3)
    if outcome == "snooze" and job.id not in snoozed:
        snoozed.add(job.id)
        raise Snooze("100ms", "not yet")
    return {"id": job.id, "attempt": job.attempt, "service": job.service, "meta": job.meta,
            "priority": job.priority, "context": job.context, "stopped": job.is_stopped,
            "limit": job.time_limit}


worker.run()
