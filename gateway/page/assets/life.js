// A job's life from what is known of it: its events, and where they are no longer kept its times.
// Pure.

const kEnds = ["EXECUTE_COMPLETE", "FAILED", "DEAD", "EXPIRED", "CANCELLED"];

export const kToneOfEvent = {
  RECEIVED: "ready", DEDUPLICATED: "dim", BLOCKED: "scheduled", DELAYED: "scheduled", ENQUEUED: "ready",
  DEQUEUED: "dim", DELEGATE_START: "active", DELEGATE_ERROR: "bad", EXECUTE_START: "active", PROGRESS: "dim",
  EXECUTE_ERROR: "bad", SNOOZED: "scheduled", RETURNED: "scheduled", RETRY: "warn", EDITED: "dim",
  CANCELLING: "warn", EXECUTE_COMPLETE: "good", FAILED: "bad", DEAD: "bad", EXPIRED: "dim", CANCELLED: "dim",
  DISCARDED: "dim", PAUSED: "warn", RESUMED: "good", DRAINED: "warn", DISABLED: "bad", ENABLED: "good",
  BATCH_COMPLETE: "good",
};

const kWords = {
  RECEIVED: "taken in", DEDUPLICATED: "another submission became this job", BLOCKED: "waits for other jobs",
  DELAYED: "waits for its time", ENQUEUED: "waits for a worker", DEQUEUED: "left its queue",
  DELEGATE_START: "given to a worker", DELEGATE_ERROR: "its worker was lost", EXECUTE_START: "started",
  PROGRESS: "progress", EXECUTE_ERROR: "the attempt failed", SNOOZED: "asked for another time",
  RETURNED: "given back unstarted", RETRY: "will be run again", EDITED: "changed by an operator",
  CANCELLING: "told to stop", EXECUTE_COMPLETE: "succeeded", FAILED: "failed", DEAD: "became a dead letter",
  EXPIRED: "expired", CANCELLED: "cancelled", DISCARDED: "thrown away",
};

export const wordsOf = (event) => kWords[event] ?? event.toLowerCase().replaceAll("_", " ");

const kEndOfState = {succeeded: "EXECUTE_COMPLETE", failed: "FAILED", dead: "DEAD", expired: "EXPIRED", cancelled: "CANCELLED"};

/** What the report tells, in the form of events; `known` are told already. */
export function eventsOfStatus(status, known) {
  const has = (...names) => known.some(({event}) => names.includes(event));
  const made = [];
  const add = (at, event, more = {}) => {
    if (at !== undefined) {
      made.push({at, event, attempt: status.attempt || undefined, isInferred: true, ...more});
    }
  };
  if (!has("RECEIVED")) {
    add(status.reqtime, "RECEIVED", {attempt: undefined});
  }
  if (!has("EXECUTE_START", "DELEGATE_START")) {
    add(status.startedat, "EXECUTE_START", {worker: status.worker});
  }
  if (!has(...kEnds) && kEndOfState[status.state] !== undefined) {
    add(status.completedat, kEndOfState[status.state], {detail: status.text});
  }
  return made;
}

/** Both, in order of time. */
export function lifeOf(status, events) {
  return [...eventsOfStatus(status, events), ...events].sort((a, b) => a.at - b.at);
}

/** Stretches of a job's life: [{kind: "wait" | "run", from, to, attempt, outcome}]; `to` of the last is `now` while it goes on. */
export function stretchesOf(life, now) {
  const stretches = [];
  let open = null;
  const close = (at, outcome) => {
    if (open !== null) {
      stretches.push({...open, to: at, outcome});
      open = null;
    }
  };
  const hasStart = (attempt) => life.some((each) => each.event === "EXECUTE_START" && each.attempt === attempt);
  for (const {event, at, attempt} of life) {
    if (["RECEIVED", "ENQUEUED", "DELAYED", "BLOCKED", "RETRY"].includes(event)) {
      if (open?.kind === "run") {
        close(at, "bad");
      }
      open ??= {kind: "wait", from: at};
    } else if (event === "EXECUTE_START" || (event === "DELEGATE_START" && !hasStart(attempt))) {
      close(at, "");
      open = {kind: "run", from: at, attempt};
    } else if (["EXECUTE_ERROR", "DELEGATE_ERROR"].includes(event)) {
      close(at, "bad");
    } else if (["SNOOZED", "RETURNED"].includes(event)) {
      close(at, "dim");
    } else if (kEnds.includes(event)) {
      close(at, {EXECUTE_COMPLETE: "good", FAILED: "bad", DEAD: "bad"}[event] ?? "dim");
    }
  }
  close(now, "open");
  return stretches;
}

/** One row for each attempt. */
export function attemptsOf(life, now) {
  const attempts = [];
  for (const stretch of stretchesOf(life, now)) {
    if (stretch.kind === "run") {
      const after = life.find(({event, at}) => at >= stretch.to && ["EXECUTE_ERROR", "DELEGATE_ERROR", "DEAD", "FAILED"].includes(event));
      const start = life.find(({worker, at}) => worker !== undefined && at >= stretch.from);
      attempts.push({...stretch, worker: start?.worker, detail: stretch.outcome === "bad" ? after?.detail : undefined});
    }
  }
  return attempts;
}
