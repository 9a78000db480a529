// The results of a subscription, read off server-sent events (graphql-sse, distinct connections mode).

// Every 12 seconds something comes, if only a comment. What does not come while the computer sleeps is not counted.
const LISTENING = 10_000; // milliseconds
const SILENCES = 4; // of this length, after which nobody is there any more

/** Calls a function when nothing has been heard for too long. */
function hearing(onSilence) {
  let silences = 0;
  const timer = setInterval(() => ++silences >= SILENCES && onSilence(), LISTENING);
  return { heard: () => (silences = 0), end: () => clearInterval(timer) };
}

/** The events of a stream, `{event, data}`; lines end in LF, as the gateway writes them. */
async function* eventsOf(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    heard();
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const fields = block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
      const { event, data } = Object.fromEntries(fields);
      if (event) yield { event, data };
    }
  }
}

async function* resultsOf(body, onSilence) {
  const { heard, end } = hearing(onSilence);
  try {
    for await (const { event, data } of eventsOf(body, heard)) {
      if (event === "complete") return;
      if (event === "next") yield JSON.parse(data);
    }
  } finally {
    end();
  }
}

/**
 * The results as they come. Whoever returns early ends the request: a generator alone would wait for the next event first. A connection
 * that died silently is an error after a while.
 *
 * @param {ReadableStream} body of the answer
 * @param {AbortController} stopping ends the request
 */
export function follow(body, stopping) {
  const lost = new Error("The connection is lost: nothing comes any more.");
  const results = resultsOf(body, () => stopping.abort(lost));
  const ended = { done: true, value: undefined };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        return await results.next();
      } catch (error) {
        if (stopping.signal.reason === lost) throw lost;
        if (stopping.signal.aborted) return ended;
        throw error;
      }
    },
    async return() {
      stopping.abort();
      results.return().catch(() => {});
      return ended;
    },
  };
}
