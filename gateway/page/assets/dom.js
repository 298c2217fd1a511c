// Elements from values. Whatever comes from elsewhere ends up in text nodes and attributes.

const kSvg = "http://www.w3.org/2000/svg";

function append(parent, child) {
  if (Array.isArray(child)) {
    child.forEach((each) => append(parent, each));
  } else if (child !== null && child !== undefined && child !== false) {
    parent.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

function apply(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) {
        node.addEventListener(event, listener);
      }
    } else if (value === true) {
      node.setAttribute(name, "");
    } else if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, String(value));
    }
  }
}

/** `el("button.primary", {type: "button", on: {click}}, "Text", node, [more])` */
export function el(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const node = document.createElement(tag);
  if (classes.length > 0) {
    node.className = classes.join(" ");
  }
  apply(node, attributes);
  append(node, children);
  return node;
}

/** The same for SVG. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(kSvg, tag);
  apply(node, attributes);
  append(node, children);
  return node;
}

/** Writes only what has changed, so that a still page costs nothing and a selection stays. */
export function setText(node, text) {
  const wanted = String(text);
  if (node.textContent !== wanted) {
    node.textContent = wanted;
  }
}

export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) {
    node.setAttribute(name, String(value));
  }
}

export function replace(node, ...children) {
  node.replaceChildren();
  append(node, children);
}

/** Calls `work` at most once a frame, however often it is asked to. */
export function atNextFrame(work) {
  let asked = false;
  return () => {
    if (!asked) {
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        work();
      });
    }
  };
}
