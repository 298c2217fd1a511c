// A list of jobs in pages, asked for anew when something has changed. Used by the pages of jobs, of
// dead letters and of one service.
import { button, discardJob, retryJob } from "./actions.js";
import { el, replace, setText } from "./dom.js";
import { ago, count, duration, moment } from "./format.js";
import { encode, showBadge, showJob, showLink } from "./parts.js";
import { store } from "./store.js";
import { Table } from "./table.js";

const kPageRows = 100;
const kPauseMs = 1500;  // between two questions that nobody asked for

const kColumns = {
  job: {name: "job", title: "Job", kind: "code", show: (cell, {jobid}) => showJob(cell, jobid), sort: ({jobid}) => jobid},
  service: {name: "service", title: "Service", show: (cell, {service}) => showLink(cell, service, `#/services/${encode(service)}`), sort: ({service}) => service},
  state: {name: "state", title: "State", show: (cell, {state}) => showBadge(cell, state), sort: ({state}) => state},
  priority: {name: "priority", title: "Priority", kind: "number wide", text: ({priority}) => String(priority), sort: ({priority}) => priority},
  attempt: {name: "attempt", title: "Attempt", kind: "number wide", text: ({attempt}) => String(attempt || "·"), sort: ({attempt}) => attempt},
  age: {
    name: "age", title: "Taken in", kind: "wide",
    show: (cell, {reqtime}) => {
      setText(cell, ago(reqtime));
      cell.title = moment(reqtime);
    },
    sort: ({reqtime}) => -reqtime,
  },
  took: {name: "took", title: "Ran", kind: "number wider", text: ({startedat, completedat}) => (startedat && completedat ? duration(completedat - startedat) : "·"), sort: ({startedat, completedat}) => (startedat && completedat ? completedat - startedat : -1)},
  group: {name: "group", title: "Group", kind: "wider", text: ({group}) => group ?? "", sort: ({group}) => group ?? ""},
  params: {
    name: "params", title: "Params", kind: "code params wide",
    show: (cell, {param, param_bytes: size, encoding}) => {
      setText(cell, param ?? "");
      cell.title = param === undefined ? "" : `${encoding}, ${size} bytes`;
    },
  },
  reason: {name: "reason", title: "Reason", kind: "params", text: ({text}) => text ?? "", sort: ({text}) => text ?? ""},
};

export class JobList {
  #filter;
  #table;
  #cursors = [];  // of the pages before this one
  #after;
  #next;
  #rows = [];
  #seen = "";
  #asked = 0;
  #isAsking = false;
  #isDirty = false;
  #isHurried = false;
  #timer = null;
  #search = "";
  #selected = new Set();
  #onSelect;
  #status = el("span.muted", {role: "status"});
  #older = el("button.button", {type: "button", on: {click: () => this.#turn(1)}}, "Next page");
  #newer = el("button.button", {type: "button", on: {click: () => this.#turn(-1)}}, "Previous page");
  node;

  /** `columns` behind the job's id; `onSelect(ids)`: rows have boxes to tick, and retry, discard. */
  constructor({filter, label, columns, onSelect = null, empty = "No job is like this."}) {
    this.#filter = filter;
    this.#onSelect = onSelect;
    const all = [kColumns.job, ...columns.map((name) => kColumns[name])];
    if (onSelect !== null) {
      all.unshift({name: "select", title: "", kind: "tick", show: (cell, row) => this.#showTick(cell, row)});
      all.push({name: "actions", title: "", kind: "actions wide", show: (cell, row) => this.#showActions(cell, row)});
    }
    this.#table = new Table({label, columns: all, key: ({jobid}) => jobid, empty});
    this.node = el("div", {}, this.#table.node, el("div.bar.pages", {}, this.#newer, this.#older, this.#status));
    this.#ask();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#table.stop();
  }

  setFilter(filter) {
    this.#filter = filter;
    this.#cursors = [];
    this.#after = undefined;
    this.#select([]);
    this.refresh();
  }

  /** Narrows down what has been listed, without asking. */
  setSearch(text) {
    this.#search = text.trim().toLowerCase();
    this.#show();
  }

  refresh() {
    this.#isHurried = true;
    this.#ask();
  }

  /** `mark` differs from the last one when jobs may have changed. */
  noteChange(mark) {
    if (mark !== this.#seen) {
      this.#seen = mark;
      this.#ask();
    }
  }

  async #ask() {
    const wait = this.#isHurried ? 0 : this.#asked + kPauseMs - performance.now();
    if (this.#isAsking || wait > 0) {
      this.#isDirty = true;
      if (!this.#isAsking && this.#timer === null) {
        this.#timer = setTimeout(() => {
          this.#timer = null;
          this.#ask();
        }, wait);
      }
      return;
    }
    this.#isDirty = false;
    this.#isHurried = false;
    this.#isAsking = true;
    this.#asked = performance.now();
    const filter = this.#filter;
    const after = this.#after;
    const isStill = () => filter === this.#filter && after === this.#after;
    try {
      const report = await store.live.ask("query", {what: "jobs", filter, limit: kPageRows, ...(after === undefined ? {} : {after})});
      if (isStill()) {
        this.#rows = report.jobs;
        this.#next = report.next;
        this.#forgetGone();
        this.#show();
      }
    } catch (error) {
      setText(this.#status, error.message);
    } finally {
      this.#isAsking = false;
    }
    if (this.#isDirty || !isStill()) {
      this.#ask();
    }
  }

  #show() {
    const rows = this.#search === "" ? this.#rows : this.#rows.filter((row) =>
      [row.jobid, row.service, row.param, row.text, row.group, row.context, row.batch].some((text) => text?.toLowerCase().includes(this.#search)));
    this.#table.setRows(rows);
    const page = this.#cursors.length + 1;
    const share = rows.length === this.#rows.length ? "" : ` of ${count(this.#rows.length)}`;
    const isOnly = page === 1 && this.#next === undefined;
    setText(this.#status, `${isOnly ? "" : `Page ${page}: `}${count(rows.length)}${share} ${this.#rows.length === 1 ? "job" : "jobs"}`);
    this.#newer.hidden = isOnly;
    this.#older.hidden = isOnly;
    this.#newer.disabled = this.#cursors.length === 0;
    this.#older.disabled = this.#next === undefined;
  }

  #turn(step) {
    if (step > 0) {
      this.#cursors.push(this.#after);
      this.#after = this.#next;
    } else {
      this.#after = this.#cursors.pop();
    }
    this.#newer.disabled = true;  // until this page is there
    this.#older.disabled = true;
    this.#select([]);
    this.refresh();
    if (this.node.getBoundingClientRect().top < 0) {
      this.node.scrollIntoView();
    }
  }

  #select(ids) {
    this.#selected = new Set(ids);
    this.#onSelect?.([...this.#selected]);
  }

  // Somebody else may have retried what was ticked here.
  #forgetGone() {
    const there = new Set(this.#rows.map(({jobid}) => jobid));
    if ([...this.#selected].some((id) => !there.has(id))) {
      this.#select([...this.#selected].filter((id) => there.has(id)));
    }
  }

  selectAll(isOn) {
    this.#select(isOn ? this.#rows.map(({jobid}) => jobid) : []);
    this.#show();
  }

  #showTick(cell, {jobid}) {
    const box = cell.firstChild ?? cell.appendChild(el("input", {type: "checkbox", on: {change: (event) => this.#tick(event.target)}}));
    box.dataset.job = jobid;
    box.checked = this.#selected.has(jobid);
    box.setAttribute("aria-label", `Select ${jobid}`);
  }

  #tick(box) {
    const ids = this.#selected;
    if (box.checked) {
      ids.add(box.dataset.job);
    } else {
      ids.delete(box.dataset.job);
    }
    this.#onSelect([...ids]);
  }

  #showActions(cell, {jobid}) {
    if (cell.dataset.job !== jobid) {
      cell.dataset.job = jobid;
      replace(cell,
        button("Retry", () => retryJob(jobid, () => this.refresh()), {small: true, label: `Retry ${jobid}`}),
        button("Discard", () => discardJob(jobid, () => this.refresh()), {small: true, tone: "danger", label: `Discard ${jobid}`}));
    }
  }
}
