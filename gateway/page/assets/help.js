// The keys, and what the words of the page mean.
import { show } from "./dialog.js";
import { el } from "./dom.js";

/** Two keys one after the other go to a page. */
export const kPlaces = [
  ["o", "Overview", "#/"],
  ["j", "Jobs", "#/jobs"],
  ["d", "Dead letters", "#/dead"],
  ["w", "Workers", "#/workers"],
  ["s", "Schedules", "#/schedules"],
  ["g", "Groups", "#/groups"],
  ["l", "Limits", "#/limits"],
  ["b", "Batches", "#/batches"],
  ["e", "Events", "#/events"],
];

const kKeys = [
  ["/", "find a service, or a job by its id"],
  ["f", "filter what this page lists"],
  ["n", "submit a job"],
  ["t", "light or dark"],
  ["↑ ↓", "from row to row of a table"],
  ["?", "this help"],
  ["Esc", "close a dialog"],
];

export function showHelp() {
  const row = (keys, text) => el("div", {}, el("dt", {}, keys.map((key) => el("kbd", {}, key))), el("dd", {}, text));
  show("Keys and words",
    el("div.columns", {},
      el("dl.keys", {}, kKeys.map(([key, text]) => row(key.split(" "), text))),
      el("dl.keys", {}, kPlaces.map(([key, text]) => row(["g", key], text)))),
    el("p", {}, el("b", {}, "waiting"), " jobs are ready and wait for a worker; ", el("b", {}, "later"), " ones wait for their time; ", el("b", {}, "blocked"), " ones for other jobs."),
    el("p", {}, el("b", {}, "Wait p95"), " and ", el("b", {}, "Run p95"), ": of the jobs of the last minute 95 % waited, or ran, no longer. ", el("b", {}, "Dead letters"), " have used up their attempts: retry or discard them."));
}
