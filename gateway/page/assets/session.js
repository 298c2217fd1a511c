// Who the reader is to the gateway. The token is sent once, for a cookie that scripts cannot read; it
// is kept nowhere here.
import { ask } from "./dialog.js";
import { store } from "./store.js";

/** Resolves with false when nobody is signed in and the gateway wants somebody to be. */
export async function readSession() {
  const response = await fetch("/v1/session", {cache: "no-store"});
  if (response.status === 401) {
    store.session = {name: "", roles: [], tokens: true};
    return false;
  }
  if (response.ok) {
    store.session = await response.json();
  }
  return store.can("read");
}

export function signIn(done) {
  ask({
    title: "Sign in",
    text: "This gateway knows its users by tokens.",
    fields: [{name: "token", label: "Token", type: "password", required: true}],
    action: "Sign in",
    run: async ({token}) => {
      const response = await fetch("/v1/session", {method: "POST", headers: {Authorization: `Bearer ${token}`}});
      if (!response.ok) {
        const problem = await response.json().catch(() => ({}));
        throw new Error(problem.detail ?? `The gateway answers ${response.status}.`);
      }
      await readSession();
      done();
    },
  });
}

export async function signOut() {
  await fetch("/v1/session", {method: "DELETE"});
  location.reload();
}
