// Subscriptions that miss nothing: a client of graphql-ws or graphql-sse repeats an operation when its connection comes
// back; this has it ask for what happened behind the last `cursor`. Apollo, urql and Relay take it (checks/resuming.test.mjs).
//   const client = resuming(createClient({ url: "ws://127.0.0.1:8000/graphql", connectionParams: { token: "demo-token" } }));
export const resuming = (client) => ({
  ...client,
  subscribe({ variables, ...operation }, sink) {
    let after = variables?.after;
    const next = (result) => {
      sink.next(result);
      for (const event of Object.values(result.data ?? {})) after = event?.cursor ?? after;
    };
    const renewed = { ...variables, get after() { return after; } }; // read whenever the operation is sent
    return client.subscribe({ ...operation, variables: renewed }, { ...sink, next });
  },
});
