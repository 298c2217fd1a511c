// What an operator can do, each with its question and its words. Buttons of what the reader's roles
// do not allow are there, but disabled, and say why.
import { ask, notify } from "./dialog.js";
import { el } from "./dom.js";
import { plural } from "./format.js";
import { store } from "./store.js";

/** Sends a verb until all jobs were looked at; resolves with how many things were changed. */
export async function operate(verb, content) {
  let changed = 0;
  let from;
  do {
    const report = await store.live.ask("operate", {
      verb,
      arguments: from === undefined ? content : {...content, from},
    });
    changed += report.changed ?? 0;
    from = report.next;
  } while (from !== undefined);
  store.refresh();
  return changed;
}

/** A button that asks for `role`. */
export function button(text, press, {role = "operate", tone = "", label = null, small = false} = {}) {
  const isAllowed = store.can(role);
  return el("button.button", {
    type: "button",
    class: `button ${tone} ${small ? "small" : ""}`,
    disabled: !isAllowed,
    title: isAllowed ? null : `needs the role “${role}”`,
    "aria-label": label,
    on: {click: press},
  }, text);
}

async function doAndTell(verb, content, words) {
  const changed = await operate(verb, content);
  notify(words(changed));
}

/** For what needs no question. */
async function justDo(verb, content, words) {
  try {
    await doAndTell(verb, content, words);
  } catch (error) {
    notify(error.message, "bad");
  }
}

const jobs = (number) => plural(number, "job");
const letters = (number) => plural(number, "dead letter");

/** "all services" or the name. */
const named = (service) => (service === null ? "all services" : `“${service}”`);

const kModes = {
  running: {
    word: "Resume", title: "Resume", tone: "primary",
    text: "Jobs are taken and started again.",
  },
  paused: {
    word: "Pause", title: "Pause", tone: "primary",
    text: "Jobs go on being taken, but none is started until it is resumed. What runs, runs on.",
  },
  draining: {
    word: "Drain", title: "Drain", tone: "primary",
    text: "What waits is started, but no new job is taken.",
  },
  disabled: {
    word: "Disable", title: "Kill switch", tone: "danger",
    text: "Nothing is taken and nothing is started. What runs, runs on. It stays so over restarts until it is resumed.",
  },
};

export const modes = Object.keys(kModes);

/** `service` null: all services. */
export function changeMode(service, mode) {
  const {word, title, tone, text} = kModes[mode];
  ask({
    title: `${title}: ${named(service)}`,
    text,
    action: `${word} ${service === null ? "all" : ""}`.trim(),
    danger: tone === "danger",
    run: () => doAndTell("mode", {changes: [service === null ? {mode} : {service, mode}]},
      () => `${service ?? "All services"}: ${mode}`),
  });
}

/** Buttons for the modes that are not the present one. */
export function modeButtons(service, present) {
  return modes
    .filter((mode) => mode !== present)
    .map((mode) => button(service === null ? `${kModes[mode].word} all` : kModes[mode].word, () => changeMode(service, mode),
      {tone: mode === "disabled" ? "danger" : "", label: `${kModes[mode].word} ${service ?? "all services"}`}));
}

export function purge(service, waiting) {
  ask({
    title: `Purge “${service}”`,
    text: `Cancels all that waits for it (${jobs(waiting)} at the moment). What runs, runs on.`,
    action: "Purge",
    danger: true,
    run: () => doAndTell("purge", {service}, (changed) => `${jobs(changed)} of ${service} cancelled`),
  });
}

export function cancelJobs(filter, text, done = () => {}) {
  ask({
    title: "Cancel",
    text,
    action: "Cancel them",
    danger: true,
    run: async () => {
      await doAndTell("cancel", filter, (changed) => `${jobs(changed)} cancelled`);
      done();
    },
  });
}

export function cancelJob(job, done) {
  ask({
    title: "Cancel this job",
    text: "If it waits it ends at once; if it runs its worker is told to stop.",
    action: "Cancel the job",
    danger: true,
    run: async () => {
      await doAndTell("cancel", {jobs: [job]}, (changed) => (changed > 0 ? "told to end" : "it had ended already"));
      done();
    },
  });
}

export async function retryJob(job, done) {
  await justDo("retry", {jobs: [job]}, (changed) => (changed > 0 ? "ready again" : "it was no dead letter any more"));
  done();
}

export function discardJob(job, done) {
  ask({
    title: "Discard this dead letter",
    text: "Its params are gone then; it cannot be retried any more.",
    action: "Discard",
    danger: true,
    run: async () => {
      await doAndTell("discard", {jobs: [job]}, (changed) => (changed > 0 ? "discarded" : "it was no dead letter any more"));
      done();
    },
  });
}

export function retryAll(filter, text, done) {
  ask({
    title: "Retry dead letters",
    text,
    action: "Retry them",
    run: async () => {
      await doAndTell("retry", filter, (changed) => `${letters(changed)} retried`);
      done();
    },
  });
}

export function discardAll(filter, text, done) {
  ask({
    title: "Discard dead letters",
    text: `${text} Their params are gone then.`,
    action: "Discard them",
    danger: true,
    run: async () => {
      await doAndTell("discard", filter, (changed) => `${letters(changed)} discarded`);
      done();
    },
  });
}

export function editJob(job, priority, done) {
  ask({
    title: "Change this job",
    fields: [
      {name: "priority", label: "Priority", value: String(priority), hint: "A number (larger runs first), or low, normal, high, urgent."},
      {name: "delay", label: "Start after", hint: "From now: 30s, 5min, 1h; 0s: at once. Empty: as it is."},
    ],
    action: "Change",
    run: async ({priority: wanted, delay}) => {
      const change = {job};
      if (wanted !== String(priority)) {
        change.priority = /^-?\d+$/.test(wanted) ? Number(wanted) : wanted;
      }
      if (delay !== "") {
        change.delay = delay;
      }
      await doAndTell("edit", change, (changed) => (changed > 0 ? "changed" : "nothing to change"));
      done();
    },
  });
}

function parsed(text, what, fallback) {
  if (text === "") {
    return fallback;
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`${what} are no JSON: ${error.message}`);
  }
}

/** Goes to the job's page when it has been taken. */
export function submitJob(service = "") {
  ask({
    title: "Submit a job",
    fields: [
      {name: "service", label: "Service", value: service, required: true, list: [...(store.services?.keys() ?? [])].slice(0, 500)},
      {name: "params", label: "Params", type: "area", hint: "JSON; empty: none."},
      {name: "options", label: "Options", type: "area", hint: "JSON, such as {\"priority\": \"high\", \"delay\": \"5s\"}; empty: the defaults."},
    ],
    action: "Submit",
    run: async ({service: name, params, options}) => {
      const request = {service: name, options: parsed(options, "The options", {})};
      const value = parsed(params, "The params", undefined);
      if (value !== undefined) {
        request.params = value;
      }
      const {job} = await store.live.ask("submit", request);
      location.hash = `#/jobs/${job}`;
    },
  });
}

const numberOr = (text, fallback) => (text === "" ? fallback : Number(text));
const given = (entries) => Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined && value !== ""));

export function editGroup(row, done) {
  ask({
    title: `Group “${row.group}”`,
    fields: [
      {name: "weight", label: "Weight", type: "number", value: String(row.weight ?? 1), hint: "Jobs in its turn, 1 to 1000."},
      {name: "limit", label: "At once", type: "number", value: String(row.limit ?? 0), hint: "0: no limit."},
      {name: "rate", label: "Rate", value: row.rate ?? "0", hint: "Starts: 5/s, 100/min; 0: no limit."},
    ],
    action: "Set",
    run: async ({weight, limit, rate}) => {
      await doAndTell("group-set", given({group: row.group, weight: numberOr(weight), limit: numberOr(limit), rate: rate === "0" ? 0 : rate}),
        () => `group ${row.group} set`);
      done();
    },
  });
}

export function editLimit(row, done) {
  ask({
    title: row === null ? "New limit" : `Limit “${row.limit}”`,
    text: "Bounds what several services do together.",
    fields: [
      ...(row === null ? [{name: "limit", label: "Name", required: true}] : []),
      {name: "atOnce", label: "At once", type: "number", value: row?.at_once ?? "", hint: "Jobs at once; empty: no bound."},
      {name: "rate", label: "Rate", value: row?.rate ?? "", hint: "Starts: 5/s, 100/min; empty: no bound."},
      {name: "services", label: "Services", value: row?.services.join(", ") ?? "", required: true, hint: "Names, comma between."},
    ],
    action: "Set",
    run: async ({limit = row?.limit, atOnce, rate, services}) => {
      await doAndTell("limit-set", given({limit, at_once: numberOr(atOnce), rate, services: services.split(",").map((each) => each.trim()).filter(Boolean)}),
        () => `limit ${limit} set`);
      done();
    },
  });
}

export function removeLimit(row, done) {
  ask({
    title: `Remove limit “${row.limit}”`, text: "What it holds back starts as it can.", action: "Remove", danger: true,
    run: async () => {
      await doAndTell("limit-remove", {limit: row.limit}, () => `limit ${row.limit} removed`);
      done();
    },
  });
}

export function editSchedule(row, done) {
  ask({
    title: row === null ? "New schedule" : `Schedule “${row.schedule}”`,
    text: row === null ? null : "Its params and options are set anew: give them again.",
    fields: [
      ...(row === null ? [{name: "schedule", label: "Name", required: true}] : []),
      {name: "expression", label: "When", value: row?.expression ?? "", required: true, hint: "Five fields of cron, such as 0 3 * * 1-5, or @hourly and its kin."},
      {name: "zone", label: "Time zone", value: row?.zone ?? "UTC", hint: "Such as Europe/Berlin."},
      {name: "missed", label: "Missed runs", value: row?.missed ?? "skip", options: ["skip", "once", "all"]},
      {name: "service", label: "Service", value: row?.service ?? "", required: true, list: [...(store.services?.keys() ?? [])].slice(0, 500)},
      {name: "params", label: "Params", type: "area", hint: "JSON; empty: none."},
      {name: "options", label: "Options", type: "area", hint: "JSON; empty: the defaults."},
    ],
    action: "Set",
    run: async ({schedule = row?.schedule, expression, zone, missed, service, params, options}) => {
      await doAndTell("schedule-set", given({
        schedule, expression, zone, missed, service,
        params: parsed(params, "The params", undefined),
        options: parsed(options, "The options", undefined),
      }), () => `schedule ${schedule} set`);
      done();
    },
  });
}

export function removeSchedule(row, done) {
  ask({
    title: `Remove schedule “${row.schedule}”`, text: "No further job is submitted by it.", action: "Remove", danger: true,
    run: async () => {
      await doAndTell("schedule-remove", {schedule: row.schedule}, () => `schedule ${row.schedule} removed`);
      done();
    },
  });
}

export function closeBatch(row, done) {
  ask({
    title: `Close batch “${row.batch}”`, text: "It takes no more jobs, and is complete when its last one has ended.", action: "Close it",
    run: async () => {
      await doAndTell("batch-close", {batch: row.batch}, () => `batch ${row.batch} closed`);
      done();
    },
  });
}
