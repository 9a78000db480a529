// The results of a subscription, read off server-sent events (graphql-sse, distinct connections mode).

/** The events of a stream, `{event, data}`; lines end in LF, as the gateway writes them. */
async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (text + value).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const fields = block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
      const { event, data } = Object.fromEntries(fields);
      if (event) yield { event, data };
    }
  }
}

async function* resultsOf(body) {
  for await (const { event, data } of eventsOf(body)) {
    if (event === "complete") return;
    if (event === "next") yield JSON.parse(data);
  }
}

/**
 * The results as they come. Whoever returns early ends the request: a generator alone would wait for the next event first.
 *
 * @param {ReadableStream} body of the answer
 * @param {AbortController} stopping ends the request
 */
export function follow(body, stopping) {
  const results = resultsOf(body);
  const ended = { done: true, value: undefined };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        return await results.next();
      } catch (error) {
        if (stopping.signal.aborted) return ended;
        throw error;
      }
    },
    async return() {
      stopping.abort();
      return ended;
    },
  };
}
