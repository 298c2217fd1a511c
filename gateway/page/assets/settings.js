// Schedules, groups, limits and batches: what stands beside the jobs, and what of it can be changed.
import { closeBatch, editGroup, editLimit, editSchedule, removeLimit, removeSchedule, button } from "./actions.js";
import { el, replace, setText } from "./dom.js";
import { ago, count, moment } from "./format.js";
import { encode, heading, showBadge, showLink } from "./parts.js";
import { store } from "./store.js";
import { Table } from "./table.js";

const kEveryMs = 2000;
const kRowsMax = 2000;

// These reports come in pages. More rows than the bound are nobody's to read: they are told of.
async function allRows(what) {
  const rows = [];
  let after;
  do {
    const report = await store.live.ask("query", {what, limit: kRowsMax, ...(after === undefined ? {} : {after})});
    rows.push(...report[what]);
    after = report.next;
  } while (after !== undefined && rows.length < kRowsMax);
  return {rows: rows.slice(0, kRowsMax), isAll: after === undefined && rows.length <= kRowsMax};
}

function actionsColumn(make) {
  return {
    name: "actions", title: "", kind: "actions",
    show: (cell, row) => {
      const drawn = JSON.stringify(row);
      if (cell.dataset.row !== drawn) {
        cell.dataset.row = drawn;
        replace(cell, make(row));
      }
    },
  };
}

const text = (name, title, kind = "") => ({name, title, kind, text: (row) => String(row[name] ?? ""), sort: (row) => String(row[name] ?? "")});
const number = (name, title, kind = "number") => ({name, title, kind, text: (row) => (row[name] === undefined ? "·" : count(row[name])), sort: (row) => row[name] ?? -1});
const link = (name, title, address, kind = "") => ({name, title, kind, show: (cell, row) => (row[name] === undefined ? cell.replaceChildren() : showLink(cell, row[name], address(row))), sort: (row) => row[name] ?? ""});
const instant = (name, title, kind = "wide") => ({
  name, title, kind,
  show: (cell, row) => {
    setText(cell, row[name] === undefined ? "·" : ago(row[name]));
    cell.title = row[name] === undefined ? "" : moment(row[name]);
  },
  sort: (row) => row[name] ?? 0,
});

const kPages = {
  schedules: {
    title: "Schedules", key: "schedule", empty: "No schedule: jobs that come by the calendar would stand here.",
    add: ["New schedule", (done) => editSchedule(null, done)],
    columns: (done) => [
      text("schedule", "Name"), text("expression", "When", "code"), text("zone", "Zone", "wide"),
      link("service", "Service", ({service}) => `#/services/${encode(service)}`),
      instant("next", "Next", ""), instant("last", "Last"), link("last_job", "Last job", ({last_job: job}) => `#/jobs/${job}`, "code wider"),
      text("missed", "Missed", "wider"),
      actionsColumn((row) => (row.configured
        ? el("span.muted", {}, "from the configuration")
        : [button("Change", () => editSchedule(row, done), {small: true, label: `Change ${row.schedule}`}), button("Remove", () => removeSchedule(row, done), {small: true, tone: "danger", label: `Remove ${row.schedule}`})])),
    ],
  },
  groups: {
    title: "Groups", key: "group", empty: "No group: jobs that name one take turns with those of other groups.",
    columns: (done) => [
      link("group", "Group", ({group}) => `#/jobs?group=${encode(group)}`), number("weight", "Weight"), number("limit", "At once"),
      text("rate", "Rate", "number"), number("waiting", "Waiting"), number("active", "Running"),
      actionsColumn((row) => button("Change", () => editGroup(row, done), {small: true, label: `Change ${row.group}`})),
    ],
  },
  limits: {
    title: "Limits", key: "limit", empty: "No limit: one bounds what several services do together.",
    add: ["New limit", (done) => editLimit(null, done)],
    columns: (done) => [
      text("limit", "Name"), number("at_once", "At once"), text("rate", "Rate", "number"), number("active", "Running"),
      {name: "holding", title: "Holds back", kind: "", text: ({holding}) => (holding ? "yes" : "no"), sort: ({holding}) => Number(holding)},
      {name: "services", title: "Services", kind: "wide", text: ({services}) => services.join(", "), sort: ({services}) => services.join()},
      actionsColumn((row) => [button("Change", () => editLimit(row, done), {small: true, label: `Change ${row.limit}`}), button("Remove", () => removeLimit(row, done), {small: true, tone: "danger", label: `Remove ${row.limit}`})]),
    ],
  },
  batches: {
    title: "Batches", key: "batch", empty: "No batch: many jobs under one name would stand here.",
    columns: (done) => [
      link("batch", "Batch", ({batch}) => `#/jobs?batch=${encode(batch)}`, "code"),
      {name: "state", title: "State", show: (cell, {closed, ended}) => showBadge(cell, ended ? "complete" : closed ? "closed" : "open")},
      {name: "progress", title: "Ended", kind: "number", text: ({succeeded, failed, total}) => `${count(succeeded + failed)} of ${count(total)}`, sort: ({succeeded, failed}) => succeeded + failed},
      number("failed", "Failed"), instant("openedat", "Opened"), link("then", "Then", ({then}) => `#/jobs/${then}`, "code wide"),
      actionsColumn((row) => (row.closed ? "" : button("Close", () => closeBatch(row, done), {small: true, label: `Close ${row.batch}`}))),
    ],
  },
};

export function settingsPage(main, {what}) {
  const page = kPages[what];
  const table = new Table({label: page.title, columns: page.columns(() => refresh()), key: (row) => row[page.key], empty: page.empty});
  const problem = el("p.problem", {role: "alert"});
  const search = el("input.input.search", {type: "search", placeholder: `Filter ${what}`, "aria-label": `Filter ${what} by name`, on: {input: () => show()}});
  const total = el("span.muted");
  let rows = [];
  let isAll = true;
  let asked = -kEveryMs;
  let isAsking = false;

  function show() {
    const wanted = search.value.trim().toLowerCase();
    const found = rows.filter((row) => row[page.key].toLowerCase().includes(wanted) || (row.service ?? "").toLowerCase().includes(wanted));
    const share = found.length === rows.length ? count(rows.length) : `${count(found.length)} of ${count(rows.length)}`;
    setText(total, isAll ? share : `${share}; these are the first ones`);
    table.setRows(found);
  }

  async function refresh() {
    isAsking = true;
    asked = performance.now();
    try {
      ({rows, isAll} = await allRows(what));
      replace(problem);
      show();
    } catch (error) {
      replace(problem, error.message);
    } finally {
      isAsking = false;
    }
  }

  replace(main, heading(page.title, page.add && button(page.add[0], () => page.add[1](() => refresh()), {tone: "primary"})),
    el("div.bar", {}, total, search), problem, table.node);
  return {
    update() {
      if (!isAsking && performance.now() - asked > kEveryMs) {
        refresh();
      }
    },
    stop: () => table.stop(),
  };
}

