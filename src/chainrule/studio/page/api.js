// Requests to the studio's own server. An error is a sentence for a person, and what to do about it.

export class Refused extends Error {
  constructor({ what, do: advice, ...more }) {
    super(what);
    this.advice = advice;
    this.more = more;
  }
}

async function answer(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Refused({ what: "The studio does not answer.", do: "See whether it still runs in its terminal." });
  }
  const found = await response.json().catch(() => null);
  if (found === null) throw new Refused({ what: "The studio sent something unreadable.", do: "Reload the page." });
  if (found.error) throw new Refused(found.error);
  return found;
}

export const get = (path) => answer(fetch(path, { credentials: "same-origin" }));

export const post = (path, body) => answer(fetch(path, {
  method: "POST",
  credentials: "same-origin",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify(body),
}));
