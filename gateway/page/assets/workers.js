// The workers: who is there, what each does, when it last spoke.
import { el, replace, setText } from "./dom.js";
import { ago, count, moment } from "./format.js";
import { encode, heading } from "./parts.js";
import { store } from "./store.js";
import { Table } from "./table.js";

function showServices(cell, {services}) {
  const text = services.join(", ");
  if (cell.dataset.text !== text) {
    cell.dataset.text = text;
    const shown = services.slice(0, 4).map((name, i) => [i > 0 && ", ", el("a", {href: `#/services/${encode(name)}`}, name)]);
    replace(cell, shown, services.length > 4 && ` and ${services.length - 4} more`);
    cell.title = text;
  }
}

const kColumns = [
  {name: "worker", title: "Worker", kind: "code", text: ({workerid}) => workerid, sort: ({workerid}) => workerid},
  {name: "library", title: "Library", kind: "wide", text: ({name}) => name ?? "", sort: ({name}) => name ?? ""},
  {name: "services", title: "Services", show: showServices, sort: ({services}) => services.join()},
  {name: "channels", title: "Channels", kind: "wider", text: ({channels}) => channels?.join(", ") ?? "default"},
  {name: "held", title: "Holds", kind: "number", text: ({held, concurrency}) => `${held} of ${concurrency}`, sort: ({held}) => held},
  {name: "succeeded", title: "Succeeded", kind: "number wide", text: ({succeeded}) => count(succeeded), sort: ({succeeded}) => succeeded},
  {name: "failed", title: "Failed", kind: "number", text: ({failed}) => count(failed), sort: ({failed}) => failed},
  {name: "since", title: "Since", kind: "wider", text: ({since}) => moment(since), sort: ({since}) => since},
  {name: "heard", title: "Heard", kind: "wide", text: ({hb}) => ago(hb), sort: ({hb}) => hb},
];

export function workerTable() {
  return new Table({label: "Workers", columns: kColumns, key: ({workerid}) => workerid, empty: "No worker is here."});
}

export function workersPage(main) {
  const search = el("input.input.search", {type: "search", placeholder: "Filter workers", "aria-label": "Filter workers by id, library or service", on: {input: () => update()}});
  const total = el("span.muted");
  const table = workerTable();
  replace(main, heading("Workers"), el("div.bar", {}, total, search), table.node);
  const stopWatch = store.watchWorkers();

  function update() {
    const all = store.workers ?? [];
    const wanted = search.value.trim().toLowerCase();
    const rows = all.filter(({workerid, name = "", services}) => [workerid, name, ...services].some((text) => text.toLowerCase().includes(wanted)));
    setText(total, `${count(rows.length)} of ${count(all.length)}`);
    table.setRows(rows);
  }
  return {
    update,
    stop() {
      stopWatch();
      table.stop();
    },
  };
}
