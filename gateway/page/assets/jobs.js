// Jobs by state, service, context, group and batch; and the dead letters. The filters stand in the
// address, so that a list can be sent to somebody.
import { button, cancelJobs, discardAll, retryAll, submitJob } from "./actions.js";
import { el, replace, setText } from "./dom.js";
import { plural } from "./format.js";
import { JobList } from "./joblist.js";
import { encode, heading, states } from "./parts.js";
import { store } from "./store.js";

const kNames = ["service", "context", "group", "batch"];
const kEndedStates = ["succeeded", "failed", "dead", "expired", "cancelled"];

/** The filter as the API has it. */
export function filterOf(query) {
  const filter = {};
  for (const name of kNames) {
    if (query[name]) {
      filter[name] = query[name];
    }
  }
  if (query.state) {
    filter.states = query.state.split(",").filter((state) => states.includes(state));
  }
  return filter;
}

function addressOf(page, query) {
  const parts = Object.entries(query).filter(([, value]) => value !== "").map(([name, value]) => `${name}=${encode(value)}`);
  return `#/${page}${parts.length > 0 ? `?${parts.join("&")}` : ""}`;
}

const mark = () => {
  const {accepted, started, succeeded, failed, dead, cancelled, expired, dead_letters: letters, ready} = store.broker ?? {};
  return [accepted, started, succeeded, failed, dead, cancelled, expired, letters, ready].join();
};

// "of service mail and group acme"
function words(filter) {
  const parts = kNames.filter((name) => filter[name]).map((name) => `${name} “${filter[name]}”`);
  if (filter.states?.length > 0) {
    parts.unshift(`state ${filter.states.join(" or ")}`);
  }
  return parts.join(" and ");
}

function namesBar(query, onChange) {
  const services = el("datalist", {id: "service-names"});
  const inputs = kNames.map((name) => el("input.input", {
    name, placeholder: name, "aria-label": `Filter by ${name}`, value: query[name] ?? "", spellcheck: "false",
    autocomplete: "off", list: name === "service" ? "service-names" : null, on: {change: onChange},
  }));
  return {
    node: el("div.filters", {}, inputs, services),
    read: () => Object.fromEntries(inputs.map(({name, value}) => [name, value.trim()])),
    fill() {
      const names = [...(store.services?.keys() ?? [])].slice(0, 500);
      if (services.children.length !== names.length) {
        replace(services, names.map((value) => el("option", {value})));
      }
    },
  };
}

function stateBoxes(query, onChange) {
  const chosen = new Set((query.state ?? "").split(","));
  const boxes = states.map((state) => el("input", {type: "checkbox", value: state, checked: chosen.has(state), on: {change: onChange}}));
  return {
    node: el("fieldset.states", {}, el("legend.unseen", {}, "States"), boxes.map((box) => el("label.chip", {}, box, box.value))),
    read: () => boxes.filter(({checked}) => checked).map(({value}) => value).join(","),
  };
}

export function jobsPage(main, query) {
  let filter = filterOf(query);
  const change = () => {
    const wanted = {...bar.read(), state: boxes.read()};
    history.replaceState(null, "", addressOf("jobs", wanted));
    filter = filterOf(wanted);
    list.setFilter(filter);
    showCancel();
  };
  const bar = namesBar(query, change);
  const boxes = stateBoxes(query, change);
  const search = el("input.input.search", {type: "search", placeholder: "Search this page", "aria-label": "Search the listed jobs by id, service or params", on: {input: () => list.setSearch(search.value)}});
  const cancel = button("Cancel all of these", () =>
    cancelJobs(filter, `Cancels every job of ${words(filter)} that has not ended, on all pages. Running ones are told to stop.`, () => list.refresh()), {tone: "danger"});
  const list = new JobList({filter, label: "Jobs", columns: ["service", "state", "priority", "attempt", "age", "took", "group", "params"]});

  // To cancel all jobs there are is what purge and the kill switch are for.
  function showCancel() {
    const named = Object.keys(filter).some((name) => kNames.includes(name));
    const hasOpen = !filter.states?.length || filter.states.some((state) => !kEndedStates.includes(state));
    cancel.hidden = !named || !hasOpen;
  }
  showCancel();
  replace(main,
    heading("Jobs", button("Submit a job", () => submitJob(filter.service ?? ""), {role: "submit", tone: "primary"})),
    boxes.node,
    el("div.bar", {}, bar.node, search, cancel), list.node);
  return {
    update() {
      bar.fill();
      list.noteChange(mark());
    },
    stop: () => list.stop(),
  };
}

export function deadPage(main, query) {
  let filter = {...filterOf(query), states: ["dead"]};
  let selected = [];
  const change = () => {
    const wanted = bar.read();
    history.replaceState(null, "", addressOf("dead", wanted));
    filter = {...filterOf(wanted), states: ["dead"]};
    list.setFilter(filter);
  };
  const bar = namesBar(query, change);
  const search = el("input.input.search", {type: "search", placeholder: "Search this page", "aria-label": "Search the listed dead letters by id, service, params or reason", on: {input: () => list.setSearch(search.value)}});
  const all = el("input", {type: "checkbox", id: "all", on: {change: () => list.selectAll(all.checked)}});
  const chosen = el("span.muted", {role: "status"}, "none selected");
  const list = new JobList({
    filter, label: "Dead letters", columns: ["service", "reason", "attempt", "age", "params"],
    empty: "No dead letters: nothing has used up its attempts.",
    onSelect(ids) {
      selected = ids;
      all.checked = all.checked && ids.length > 0;
      setText(chosen, ids.length === 0 ? "none selected" : `${ids.length} selected`);
      setText(retry, ids.length === 0 ? "Retry all" : "Retry selected");
      setText(discard, ids.length === 0 ? "Discard all" : "Discard selected");
    },
  });
  const done = () => {
    list.selectAll(false);
    list.refresh();
  };
  const target = () => (selected.length > 0
    ? [{jobs: selected}, plural(selected.length, "dead letter is", "dead letters are")]
    : [{...filterOf(bar.read()), states: ["dead"]}, "All dead letters of this filter are"]);
  const act = (what, word) => {
    const [which, subject] = target();
    what(which, `${subject} ${word}${selected.length > 0 ? "" : `, on all pages${describe()}`}.`, done);
  };
  const describe = () => {
    const text = words({...filterOf(bar.read())});
    return text === "" ? ", of every service" : `: ${text}`;
  };
  const retry = button("Retry all", () => act(retryAll, "run again, their attempts counted anew"), {tone: "primary"});
  const discard = button("Discard all", () => act(discardAll, "thrown away"), {tone: "danger"});
  replace(main, heading("Dead letters", retry, discard),
    el("div.bar", {}, el("label.chip", {for: "all"}, all, "select this page"), chosen, bar.node, search), list.node);
  return {
    update() {
      bar.fill();
      list.noteChange(mark());
    },
    stop: () => list.stop(),
  };
}
