// The first page: the whole at a glance, and all services.
import { button, modeButtons, submitJob } from "./actions.js";
import { el, replace, setText } from "./dom.js";
import { count, duration, rate } from "./format.js";
import { badge, encode, figure, heading, showBadge, showLink } from "./parts.js";
import { Plot, Spark } from "./plot.js";
import { store } from "./store.js";
import { Table } from "./table.js";

/** Seconds where there are any. */
export const shown = (seconds) => (seconds === null || seconds === undefined ? "–" : duration(seconds));

const doneRate = (service) =>
  service.history === undefined ? 0 : service.history.recent("succeeded") + service.history.recent("failed");

const latencyColumn = (kind, title) => ({
  name: kind, title, kind: "number wider",
  text: ({row}) => shown(store.latency(row.service, kind, 0.95)),
  sort: ({row}) => store.latency(row.service, kind, 0.95) ?? -1,
});

const number = (name, title, kind = "number") => ({
  name, title, kind,
  text: ({row}) => (row[name] === 0 ? "·" : count(row[name])),
  sort: ({row}) => row[name],
});

const sparks = new WeakMap();

function showSpark(cell, service) {
  if (!sparks.has(cell)) {
    const spark = new Spark();
    sparks.set(cell, spark);
    cell.append(spark.node);
  }
  const values = (name) => service.history?.series(name, 60) ?? [];
  const failed = values("failed");
  sparks.get(cell).draw(values("succeeded").map((value, i) => value + failed[i]));
}

const kColumns = [
  {
    name: "service", title: "Service",
    show: (cell, {row}) => showLink(cell, row.service, `#/services/${encode(row.service)}`),
    sort: ({row}) => row.service.toLowerCase(),
  },
  {name: "mode", title: "Mode", kind: "mode", show: (cell, {row}) => showBadge(cell, row.mode), sort: ({row}) => row.mode},
  number("ready", "Waiting"),
  number("active", "Running"),
  number("scheduled", "Later", "number wide"),
  number("blocked", "Blocked", "number wider"),
  number("workers", "Workers"),
  {name: "rate", title: "Done/s", kind: "number wide", text: (service) => (doneRate(service) > 0 ? rate(doneRate(service)) : "·"), sort: doneRate},
  {name: "spark", title: "Last minute", kind: "wider", show: showSpark},
  latencyColumn("wait", "Wait p95"),
  latencyColumn("run", "Run p95"),
  {name: "oldest_ready", title: "Oldest", kind: "number wider", text: ({row}) => (row.oldest_ready === undefined ? "·" : duration(row.oldest_ready)), sort: ({row}) => row.oldest_ready ?? -1},
  number("failed", "Failed", "number wide"),
  {
    name: "dead_letters", title: "Dead", kind: "number",
    show: (cell, {row}) => {
      cell.classList.toggle("is-bad", row.dead_letters > 0);
      setText(cell, row.dead_letters === 0 ? "·" : count(row.dead_letters));
    },
    sort: ({row}) => row.dead_letters,
  },
];

const kHelp = `steward-worker-reverse --service-name reverse
steward submit reverse '"hello"'`;

// What to do when nothing has been done yet.
function firstSteps() {
  return el("section.welcome", {hidden: true, id: "welcome"},
    el("h2", {}, "No service yet"),
    el("p", {}, "A service is there as soon as a worker announces it, a job waits for it, or the configuration names it in a ", el("code", {}, "[[service]]"), ". To see one, start a worker and leave it a job:"),
    el("pre.code", {tabindex: "0", "aria-label": "Commands"}, kHelp),
    el("p", {}, "Or over HTTP, from anywhere that reaches this gateway:"),
    el("pre.code", {tabindex: "0", "aria-label": "The same with curl"}, `curl -d '"hello"' -H 'Content-Type: application/json' ${location.origin}/v1/services/reverse/jobs`),
    el("div.controls", {}, button("Submit a job", () => submitJob(), {role: "submit", tone: "primary"})));
}

function matches(filter, row) {
  return filter === "" || row.service.toLowerCase().includes(filter) || row.mode.startsWith(filter);
}

export function servicesPage(main, {filter = ""}) {
  const figures = {
    ready: figure("waiting"),
    active: figure("running"),
    scheduled: figure("later"),
    blocked: figure("blocked"),
    dead_letters: figure("dead letters", {href: "#/dead", tone: "bad"}),
    workers: figure("workers", {href: "#/workers"}),
    done: figure("done/s"),
    failed: figure("failed/s", {tone: "bad"}),
  };
  const totals = store.totals;
  const line = (name, tone, source = name) => ({name, tone, values: () => totals.series(source)});
  const times = () => totals.times.last();
  const plots = [
    new Plot({title: "Throughput", unit: "/s", format: rate, times, series: [line("accepted", "ready"), line("succeeded", "good"), line("failed", "bad")]}),
    new Plot({title: "Jobs", format: count, times, series: [line("waiting", "ready", "ready"), line("running", "active", "active"), line("later", "scheduled", "scheduled")]}),
  ];
  const search = el("input.input.search", {type: "search", placeholder: "Filter services", "aria-label": "Filter services by name or mode", value: filter, on: {input: () => update()}});
  const total = el("span.muted");
  const table = new Table({label: "Services", columns: kColumns, key: ({row}) => row.service, empty: "No service has this name."});
  const modeBox = el("div.controls");
  const modeNow = el("span");
  let mode = null;
  const welcome = firstSteps();
  const services = el("section.section", {},
    el("div.bar", {}, el("h2", {}, "Services"), total, modeNow, modeBox, search), table.node);
  replace(main,
    heading("Overview", button("Submit a job", () => submitJob(), {role: "submit", tone: "primary"})),
    el("div.figures", {}, Object.values(figures).map(({node}) => node)),
    el("div.plots", {}, plots.map(({node}) => node)), welcome, services);

  function update() {
    const broker = store.broker;
    if (broker !== null) {
      for (const name of ["ready", "active", "scheduled", "blocked", "workers"]) {
        figures[name].write(count(broker[name]));
      }
      figures.dead_letters.write(count(broker.dead_letters), broker.dead_letters > 0);
      figures.done.write(rate(totals.recent("succeeded")));
      figures.failed.write(rate(totals.recent("failed")), totals.recent("failed") > 0);
      plots.forEach((plot) => plot.draw());
      if (broker.mode !== mode) {
        mode = broker.mode;
        replace(modeNow, badge(mode));
        replace(modeBox, modeButtons(null, mode));
      }
    }
    if (store.services !== null) {
      const wanted = search.value.trim().toLowerCase();
      const rows = [...store.services.values()].filter(({row}) => matches(wanted, row));
      setText(total, rows.length === store.services.size ? count(rows.length) : `${count(rows.length)} of ${count(store.services.size)}`);
      welcome.hidden = store.services.size > 0;
      services.hidden = store.services.size === 0 && mode === "running";
      table.setRows(rows);
    }
  }
  return {update, stop: () => table.stop()};
}
