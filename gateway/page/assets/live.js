// One WebSocket to the gateway: questions with answers, and subscriptions that outlive a broken
// connection. Knows the envelope, not what is in it.

const kPauseFirstMs = 300;
const kPauseMaxMs = 5000;
const kAnswerMs = 15000;

export class Refusal extends Error {
  constructor(error) {
    super(error.detail ?? error.message ?? error.name ?? "refused");
    this.code = error.code;
    this.name = error.name ?? "Refused";
  }
}

/**
 * Says "state" when `state` changes: "connecting", "open" or "lost"; and "closed" whenever a connection
 * broke or did not come about.
 */
export class Live extends EventTarget {
  state = "connecting";
  #socket = null;
  #next = 1;
  #asked = new Map();
  #subscriptions = new Set();
  #byId = new Map();
  #pause = kPauseFirstMs;
  #timer = null;
  #stopped = false;

  connect() {
    this.#stopped = false;
    clearTimeout(this.#timer);
    const address = new URL("/v1/ws", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#pause = kPauseFirstMs;
      this.#become("open");
      this.#subscriptions.forEach((subscription) => this.#begin(subscription));
      this.#asked.forEach((question) => this.#send(question.message));
    });
    socket.addEventListener("message", (event) => this.#take(JSON.parse(event.data)));
    socket.addEventListener("close", () => this.#closed(socket));
  }

  /** No further attempts, until connect(). */
  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  /** At once, instead of after the pause. */
  hurry() {
    if (this.state !== "open" && this.#timer !== null && !this.#stopped) {
      this.connect();
    }
  }

  /**
   * Resolves with what is in "ok", rejects with a Refusal. A question is asked again on the next
   * connection; what changes something is not, for it may have been done.
   */
  ask(what, content = {}, {again = what === "query"} = {}) {
    if (this.state !== "open" && !again) {
      return Promise.reject(new Refusal({name: "NotConnected", detail: "not connected to the gateway"}));
    }
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#asked.delete(id);
        reject(new Refusal({name: "Timeout", detail: "no answer within 15 s"}));
      }, kAnswerMs);
      const question = {message: {id, do: what, ...content}, resolve, reject, timer, again};
      this.#asked.set(id, question);
      this.#send(question.message);
    });
  }

  /**
   * `take(message)` gets all that comes for it, `{ok}` and `{error}` included. `undo` is the word
   * that ends it. Gives a function that does.
   */
  subscribe(what, content, undo, take) {
    const subscription = {what, content, undo, take, id: null, last: null};
    this.#subscriptions.add(subscription);
    if (this.state === "open") {
      this.#begin(subscription);
    }
    return () => {
      this.#subscriptions.delete(subscription);
      this.#byId.delete(subscription.id);
      if (this.state === "open") {
        this.#send({id: this.#next++, do: undo, of: subscription.id});
      }
    };
  }

  #begin(subscription) {
    this.#byId.delete(subscription.id);
    subscription.id = this.#next++;
    this.#byId.set(subscription.id, subscription);
    const after = subscription.last === null ? {} : {after: subscription.last};
    this.#send({id: subscription.id, do: subscription.what, ...subscription.content, ...after});
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify(message));
    }
  }

  #take(message) {
    const question = this.#asked.get(message.id);
    if (question !== undefined) {
      this.#asked.delete(message.id);
      clearTimeout(question.timer);
      if (message.error !== undefined) {
        question.reject(new Refusal(message.error));
      } else {
        question.resolve(message.ok);
      }
      return;
    }
    const subscription = this.#byId.get(message.id);
    if (subscription !== undefined) {
      subscription.last = message.n ?? subscription.last;
      subscription.take(message);
    }
  }

  #closed(socket) {
    if (socket !== this.#socket) {
      return;
    }
    this.#asked.forEach((question, id) => {
      if (!question.again) {
        this.#asked.delete(id);
        clearTimeout(question.timer);
        question.reject(new Refusal({name: "ConnectionLost", detail: "the connection broke before an answer came"}));
      }
    });
    this.#become("lost");
    this.dispatchEvent(new Event("closed"));
    if (!this.#stopped) {
      this.#timer = setTimeout(() => this.connect(), this.#pause * (0.75 + Math.random() / 2));
      this.#pause = Math.min(this.#pause * 2, kPauseMaxMs);
    }
  }

  #become(state) {
    if (this.state !== state) {
      this.state = state;
      this.dispatchEvent(new Event("state"));
    }
  }
}
