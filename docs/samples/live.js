// Submits a job over the gateway's WebSocket and writes what comes: "before" when it has been taken
// in and nothing has been done yet, each partial result, how far it is, and its value.

const log = document.getElementById("log");
const progress = document.getElementById("progress");
const form = document.getElementById("form");
let socket = null;

function write(kind, text) {
  const line = document.createElement("li");
  line.className = kind;
  const name = document.createElement("b");
  name.textContent = kind;
  const value = document.createElement("span");
  value.textContent = typeof text === "string" ? text : JSON.stringify(text);
  line.append(name, value);
  log.append(line);
}

/** Resolves with an open socket to the gateway. */
function connect(gateway) {
  const address = new URL("/v1/ws", gateway);
  address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return new Promise((resolve, reject) => {
    const fresh = new WebSocket(address);
    fresh.addEventListener("open", () => resolve(fresh));
    fresh.addEventListener("error", () => reject(new Error(`no gateway at ${address}, or it does not know ${location.origin}`)));
  });
}

function take({ok, error, partial, progress: step, end}) {
  if (error) {
    write("failure", error.detail);
  } else if (ok) {
    write("before", ok.job);
  } else if (partial !== undefined) {
    write("partial", partial.value);
  } else if (step) {
    progress.max = step.total;
    progress.value = step.done;
  } else if (end) {
    write(end.state === "succeeded" ? "value" : "failure", end.result ?? end.reason ?? end.state);
    socket.close();
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const {gateway, service, params} = Object.fromEntries(new FormData(form));
  log.replaceChildren();
  progress.value = 0;
  socket?.close();
  try {
    const job = {id: 1, do: "submit", service, follow: true};
    if (params !== "") {
      job.params = JSON.parse(params);
    }
    socket = await connect(gateway);
    socket.addEventListener("message", (message) => take(JSON.parse(message.data)));
    socket.send(JSON.stringify(job));
  } catch (problem) {
    write("failure", problem.message);
  }
});
