// Questions to the reader, and short words about what was done.
import { el, replace } from "./dom.js";

const kNoticeMs = 6000;
const kNoticesMax = 4;

/** A line that goes by itself; `tone` is "good" or "bad". Bad ones stay until they are closed. */
export function notify(text, tone = "good") {
  const box = document.getElementById("notices");
  const close = el("button.plain", {type: "button", "aria-label": "Close", on: {click: () => note.remove()}}, "×");
  const note = el(`div.notice.${tone}`, {}, el("span", {}, text), close);
  box.append(note);
  while (box.children.length > kNoticesMax) {
    box.firstChild.remove();
  }
  if (tone === "good") {
    setTimeout(() => note.remove(), kNoticeMs);
  }
}

function open(dialog) {
  const back = document.activeElement;
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (back instanceof HTMLElement && back.isConnected) {
      back.focus();
    }
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) {
      dialog.close();
    }
  });
  dialog.showModal();
}

let names = 0;

function frame(title, ...content) {
  const id = `dialog-${++names}`;
  return el("dialog.dialog", {"aria-labelledby": id}, el("h2", {id}, title), content);
}

/** Something to read. */
export function show(title, ...content) {
  const dialog = frame(title, content, el("form", {method: "dialog"},
    el("div.dialog-buttons", {}, el("button.button.primary", {}, "Close"))));
  open(dialog);
}

function field({name, label, type = "text", value = "", hint = "", required = false, options = null, list = null}) {
  const id = `field-${++names}`;
  const common = {id, name, required, "aria-describedby": hint ? `${id}-hint` : null, autocomplete: "off", spellcheck: "false"};
  let input;
  if (options !== null) {
    input = el("select.input", common, options.map((each) => el("option", {value: each, selected: each === value}, each)));
  } else if (type === "area") {
    input = el("textarea.input.code", {...common, rows: 4}, value);
  } else if (type === "check") {
    input = el("input", {...common, type: "checkbox", checked: value === true});
  } else {
    const choices = list === null ? null : el("datalist", {id: `${id}-list`}, list.map((each) => el("option", {value: each})));
    input = el("input.input", {...common, type, value, list: choices === null ? null : choices.id});
    return el("div.field", {}, el("label", {for: id}, label), input, choices, hint && el("p.hint", {id: `${id}-hint`}, hint));
  }
  return el("div.field", {class: type === "check" ? "field check" : "field"}, el("label", {for: id}, label), input,
    hint && el("p.hint", {id: `${id}-hint`}, hint));
}

function valuesOf(form) {
  const values = {};
  for (const input of form.elements) {
    if (input.name) {
      values[input.name] = input.type === "checkbox" ? input.checked : input.value.trim();
    }
  }
  return values;
}

/**
 * Asks, does, and tells when it could not be done. `run(values)` may throw what is to be told; the
 * dialog closes when it has succeeded. Without `fields` it is a plain confirmation.
 */
export function ask({title, text = null, fields = [], action, danger = false, run}) {
  const problem = el("p.problem", {role: "alert"});
  const cancel = el("button.button", {type: "button", on: {click: () => dialog.close()}}, "Cancel");
  const confirm = el("button.button", {type: "submit", class: `button ${danger ? "danger" : "primary"}`}, action);
  const form = el("form", {}, fields.map(field), problem, el("div.dialog-buttons", {}, cancel, confirm));
  const dialog = frame(title, text && el("p", {}, text), form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    confirm.disabled = true;
    replace(problem);
    try {
      await run(valuesOf(form));
      dialog.close();
    } catch (error) {
      replace(problem, error.message);
    } finally {
      confirm.disabled = false;
    }
  });
  open(dialog);
  const first = form.querySelector("input, select, textarea");
  (first ?? (danger ? cancel : confirm)).focus();
}
