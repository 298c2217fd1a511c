// One service: its figures, its mode, its workers and its jobs.
import { button, modeButtons, purge, submitJob } from "./actions.js";
import { el, replace, setText } from "./dom.js";
import { count, rate } from "./format.js";
import { JobList } from "./joblist.js";
import { badge, encode, figure, heading, section } from "./parts.js";
import { Plot } from "./plot.js";
import { shown } from "./services.js";
import { store } from "./store.js";
import { workerTable } from "./workers.js";

export function servicePage(main, {name}) {
  const figures = {
    ready: figure("waiting", {href: `#/jobs?service=${encode(name)}&state=ready`}),
    active: figure("running", {href: `#/jobs?service=${encode(name)}&state=active`}),
    scheduled: figure("later", {href: `#/jobs?service=${encode(name)}&state=scheduled`}),
    blocked: figure("blocked", {href: `#/jobs?service=${encode(name)}&state=blocked`}),
    dead_letters: figure("dead letters", {href: `#/dead?service=${encode(name)}`, tone: "bad"}),
    workers: figure("workers"),
  };
  const latencies = {
    "wait p50": figure("wait, median"), "wait p95": figure("wait, 95 %"),
    "run p50": figure("run, median"), "run p95": figure("run, 95 %"), oldest: figure("oldest waits since"),
  };
  const history = () => store.service(name)?.history;
  const line = (label, tone, source) => ({name: label, tone, values: () => history()?.series(source) ?? []});
  const times = () => history()?.times.last() ?? [];
  const plots = [
    new Plot({title: "Throughput", unit: "/s", format: rate, times, slots: 300, series: [line("accepted", "ready", "accepted"), line("succeeded", "good", "succeeded"), line("failed", "bad", "failed")]}),
    new Plot({title: "Jobs", format: count, times, slots: 300, series: [line("waiting", "ready", "ready"), line("running", "active", "active"), line("later", "scheduled", "scheduled")]}),
  ];
  const modeNow = el("span.mode-now");
  const controls = el("div.controls");
  const unknown = el("p.empty", {hidden: true}, "The broker knows no service of this name.");
  const content = el("div", {});
  const workers = workerTable();
  const jobs = new JobList({filter: {service: name}, label: `Jobs of ${name}`, columns: ["state", "priority", "attempt", "age", "params"]});
  replace(content,
    el("div.figures", {}, Object.values(figures).map(({node}) => node)),
    el("div.figures", {}, Object.values(latencies).map(({node}) => node)),
    el("div.plots", {}, plots.map(({node}) => node)),
    section("Workers", workers.node),
    section("Jobs", jobs.node));
  replace(main, heading(name, controls), el("p.muted", {}, "Service, ", modeNow), unknown, content);
  const stopWorkers = store.watchWorkers();
  let mode = null;

  function showMode(present) {
    if (present !== mode) {
      mode = present;
      replace(modeNow, badge(mode));
      replace(controls,
        button("Submit a job", () => submitJob(name), {role: "submit", tone: "primary"}),
        modeButtons(name, mode),
        button("Purge", () => purge(name, store.service(name)?.row.ready ?? 0), {tone: "danger"}));
    }
  }

  function update() {
    const service = store.service(name);
    unknown.hidden = service !== null || store.services === null;
    content.hidden = service === null;
    if (service === null) {
      return;
    }
    const {row} = service;
    for (const [key, each] of Object.entries(figures)) {
      each.write(count(row[key]), key === "dead_letters" && row[key] > 0);
    }
    for (const kind of ["wait", "run"]) {
      latencies[`${kind} p50`].write(shown(store.latency(name, kind, 0.5)));
      latencies[`${kind} p95`].write(shown(store.latency(name, kind, 0.95)));
    }
    latencies.oldest.write(shown(row.oldest_ready));
    showMode(row.mode);
    plots.forEach((plot) => plot.draw());
    workers.setRows((store.workers ?? []).filter(({services}) => services.includes(name)));
    jobs.noteChange(`${row.accepted}/${row.ready}/${row.active}/${row.succeeded}/${row.failed}/${row.dead_letters}`);
  }
  return {
    update,
    stop() {
      stopWorkers();
      workers.stop();
      jobs.stop();
    },
  };
}
