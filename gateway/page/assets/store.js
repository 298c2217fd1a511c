// What is known at the moment: who is signed in, what the broker last reported, and the last minutes
// of it. Pages listen for "change".
import { History } from "./history.js";
import { LastMinute } from "./latency.js";
import { Live } from "./live.js";

const kSamples = 600;           // of the whole, one a second
const kSamplesOfService = 300;  // of each service
const kServicesWithHistory = 2000;
const kQuietS = 4;  // without a report for so long something is wrong

const kServiceCounters = ["accepted", "succeeded", "failed"];
const kLevels = ["ready", "active", "scheduled", "blocked"];

class Store extends EventTarget {
  live = new Live();
  session = {name: "", roles: [], tokens: false};
  broker = null;
  services = null;  // Map of name → {row, history, wait, run}
  workers = null;
  totals = new History(kSamples, ["accepted", "succeeded", "failed", "dead", "started"], kLevels);
  /** Why there are no reports; empty while there are. */
  trouble = "";
  #lastReport = 0;
  #stopWorkers = null;
  #workersWanted = 0;

  start() {
    this.live.addEventListener("state", () => this.#changed());
    this.live.subscribe("watch", {what: "broker", every: "1s"}, "unwatch", (message) =>
      this.#take(message, (report) => this.#takeBroker(report)));
    this.live.subscribe("watch", {what: "services", every: "1s"}, "unwatch", (message) =>
      this.#take(message, (report) => this.#takeServices(report.services)));
    this.live.connect();
    setInterval(() => this.#listen(), 1000);
  }

  can(role) {
    return !this.session.tokens || this.session.roles.includes(role);
  }

  /** Something was changed here: it is to be seen before the next report comes. */
  refresh() {
    for (const [what, use] of [["broker", (report) => this.#takeBroker(report)], ["services", (report) => this.#takeServices(report.services)]]) {
      this.live.ask("query", {what}).then((report) => this.#take({report}, use), () => {});
    }
  }

  /** Reports of the workers come only while somebody wants them. Gives a function that ends it. */
  watchWorkers() {
    if (this.#workersWanted++ === 0) {
      this.#stopWorkers = this.live.subscribe("watch", {what: "workers", every: "2s"}, "unwatch", (message) =>
        this.#take(message, (report) => {
          this.workers = report.workers;
        }));
    }
    return () => {
      if (--this.#workersWanted === 0) {
        this.#stopWorkers();
      }
    };
  }

  /** Of the last minute: seconds, or null. `kind` is "wait" or "run"; the broker tells the bounds. */
  latency(name, kind, q) {
    return this.services?.get(name)?.[kind]?.quantile(this.broker?.time_bounds, q) ?? null;
  }

  service(name) {
    return this.services?.get(name) ?? null;
  }

  /** "live", "connecting", "out" (nobody is signed in), "gateway" (is gone) or "broker" (is gone). */
  get health() {
    if (!this.can("read")) {
      return "out";
    }
    if (this.live.state !== "open") {
      return this.live.state === "lost" ? "gateway" : "connecting";
    }
    if (this.trouble !== "") {
      return "broker";
    }
    return this.broker === null ? "connecting" : "live";
  }

  #take(message, use) {
    if (message.error !== undefined) {
      this.trouble = message.error.detail ?? message.error.name ?? "the broker does not answer";
    } else if (message.report !== undefined) {
      this.trouble = "";
      this.#lastReport = performance.now() / 1000;
      use(message.report);
    }
    this.#changed();
  }

  #takeBroker(report) {
    this.broker = report;
    this.totals.push(Date.now() / 1000, report);
  }

  #takeServices(rows) {
    const known = this.services ?? new Map();
    const services = new Map();
    const at = Date.now() / 1000;
    for (const row of rows) {
      const before = known.get(row.service);
      const kept = before?.history !== undefined ? before : this.#memory(services.size);
      kept.history?.push(at, row);
      kept.wait?.push(at, row.wait_buckets);
      kept.run?.push(at, row.run_buckets);
      services.set(row.service, {...kept, row});
    }
    this.services = services;
  }

  // Of a service that is new. Those past the bound are shown without their past.
  #memory(before) {
    if (before >= kServicesWithHistory) {
      return {};
    }
    return {
      history: new History(kSamplesOfService, kServiceCounters, kLevels),
      wait: new LastMinute(),
      run: new LastMinute(),
    };
  }

  /** A broker that says nothing at all is gone as well. */
  #listen() {
    const quiet = performance.now() / 1000 - this.#lastReport;
    if (this.live.state === "open" && this.trouble === "" && this.#lastReport > 0 && quiet > kQuietS) {
      this.trouble = "no report for some seconds";
      this.#changed();
    }
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}

export const store = new Store();
