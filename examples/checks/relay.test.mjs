// relay-runtime alone, against a gateway: every payload that adds to a list or takes from it does so in Relay's store by
// Relay's own directives, and no function of ours.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import relay from "relay-runtime";
import { post } from "./gateway.mjs";

const { Environment, Network, RecordSource, Store, commitMutation, createOperationDescriptor, fetchQuery } = relay;
const document = async (name) => (await import(`./relay/__generated__/${name}.graphql.js`)).default;

let environment;
let held; // what answers wait for, while a test looks at what is seen before
before(() => {
  const send = async (request, variables, _config, files) => {
    const answer = await post(request.text, variables, files?.file);
    await held;
    return answer;
  };
  environment = new Environment({ network: Network.create(send), store: new Store(new RecordSource()) });
});

async function read(name, variables) {
  const query = await document(name);
  const data = await fetchQuery(environment, query, variables).toPromise();
  environment.retain(createOperationDescriptor(query, variables));
  return data;
}

/** What the store has of a query, without asking anybody. */
async function kept(name, variables) {
  return environment.lookup(createOperationDescriptor(await document(name), variables).fragment).data;
}

async function change(name, input, connections = [], more = {}) {
  const mutation = await document(`store${name}Mutation`);
  const variables = { input, connections };
  const { change } = await new Promise((onCompleted, onError) =>
    commitMutation(environment, { mutation, variables, onCompleted, onError, ...more }));
  assert.deepEqual(change.errors, []);
  return change;
}

const nodes = (connection) => connection.edges.map(({ node }) => node);

async function inbox(filter) {
  const variables = { count: 10, filter };
  await read("storeInboxQuery", variables);
  return async () => {
    const query = await kept("storeInboxQuery", variables);
    const fragment = relay.getSingularSelector(await document("storeInbox"), query);
    return environment.lookup(fragment).data.connectionRequests;
  };
}

test("requests come to their lists and go", async () => {
  const all = await inbox(undefined);
  const { __id, edges } = await all();
  const first = await change("Ask", { orgName: "By an edge" }, [__id]);
  const second = await change("AskNode", { orgName: "By a node" }, [__id]);
  const many = await change("AskMany", { requests: [{ orgName: "A" }, { orgName: "B" }], mode: "EACH" }, [__id]);
  const names = nodes(await all()).map((each) => each.orgName);
  assert.deepEqual([names[0], ...names.slice(-3)], ["By an edge", "By a node", "A", "B"]);

  const ids = [first.connectionRequestEdge.node.id, second.connectionRequest.id];
  for (const id of [...ids, ...many.results.map((each) => each.connectionRequestEdge.node.id)])
    await change("DeleteRequest", { id }, [__id]);
  assert.deepEqual(nodes(await all()), edges.map(({ node }) => node));
});

test("an approval is seen in every list, first as the caller expects it, then as it is", async () => {
  const orgName = `Approved in Relay ${Date.now()}`;
  const all = await inbox({ orgName: { eq: orgName } });
  const { __id } = await all();
  const { connectionRequestEdge: { node: { id } } } = await change("Ask", { orgName }, [__id]);
  const expected = { connectionRequest: { id, status: "APPROVED", decision: null }, errors: [] };
  let release, expect;
  held = new Promise((resolve) => (release = resolve));
  const expecting = new Promise((resolve) => (expect = resolve));
  const optimistic = { optimisticResponse: { change: expected }, optimisticUpdater: expect };
  const done = change("Approve", { id }, [], optimistic);
  await Promise.race([expecting, done]); // the second where it fails: its answer is held
  assert.deepEqual(nodes(await all()).map((each) => each.status), ["APPROVED"]);
  release();
  assert.equal((await done).connectionRequest.decision.outcome, "APPROVED");
  assert.deepEqual(nodes(await all()).map((each) => each.status), ["APPROVED"]);
});

test("what belongs to a request comes to it and goes", async () => {
  const { connectionRequest: { id } } = await change("AskNode", { orgName: "With parts" });
  const { connectionRequest: empty } = await read("storeRequestQuery", { id });
  const parts = async () => (await kept("storeRequestQuery", { id })).connectionRequest;
  const [comments, feeds, files] = [empty.comments, empty.integrations, empty.uploadedFiles].map((each) => [each.__id]);

  const { commentEdge } = await change("AddComment", { connectionRequestId: id, body: "hello" }, comments);
  const { integrationEdge } = await change("AddFeed", { connectionRequestId: id, integrationType: "items" }, feeds);
  const upload = { uploadables: { file: new File(["sku\n"], "prices.csv", { type: "text/csv" }) } };
  const { fileEdge } = await change("Upload", { file: null, connectionRequestId: id }, files, upload);
  const there = await parts();
  assert.deepEqual(nodes(there.comments).map((each) => each.body), ["hello"]);
  assert.deepEqual(nodes(there.integrations).map((each) => each.type), ["ITEM"]);
  assert.deepEqual(nodes(there.uploadedFiles).map((each) => each.name), ["prices.csv"]);

  await change("DeleteComment", { id: commentEdge.node.id }, comments);
  await change("DeleteFeed", { id: integrationEdge.node.id }, feeds);
  const attachment = { connectionRequestId: id, fileId: fileEdge.node.id };
  await change("Detach", attachment, files);
  const { comments: said, integrations, uploadedFiles } = await parts();
  assert.deepEqual([said, integrations, uploadedFiles].map(nodes), [[], [], []]);
  await change("Attach", attachment, files);
  await change("Attach", attachment, files); // it is there once
  assert.deepEqual(nodes((await parts()).uploadedFiles).map((each) => each.id), [attachment.fileId]);
  await change("Detach", attachment, files);
});

test("people, accounts and files come to their lists and go", async () => {
  const lists = await read("storeListsQuery", {});
  const { person, account, file } = {
    person: await change("AddPerson", { firstName: "Ada", lastName: "Lovelace" }, [lists.people.__id]),
    account: await change("AddAccount", { kind: "COMMERCE", service: "relay", externalId: "1", name: "Shop" },
      [lists.connectedAccounts.__id]),
    file: await change("Upload", { file: null }, [lists.files.__id],
      { uploadables: { file: new File(["sku\n"], "loose.csv") } }),
  };
  const there = await kept("storeListsQuery", {});
  assert.equal(nodes(there.people)[0].fullName, "Ada Lovelace");
  assert.equal(nodes(there.connectedAccounts)[0].name, "Shop");
  assert.equal(nodes(there.files).at(-1).name, "loose.csv");

  await change("DeletePerson", { id: person.personEdge.node.id }, [lists.people.__id]);
  await change("DeleteAccount", { id: account.connectedAccountEdge.node.id }, [lists.connectedAccounts.__id]);
  await change("DeleteFile", { id: file.fileEdge.node.id }, [lists.files.__id]);
  const left = await kept("storeListsQuery", {});
  for (const list of ["people", "connectedAccounts", "files"]) assert.deepEqual(nodes(left[list]), nodes(lists[list]));
});

test("a page is read behind another one", async () => {
  const orgName = `Paged in Relay ${Date.now()}`;
  for (let number = 0; number < 2; number += 1) await change("AskNode", { orgName });
  const query = { count: 1, filter: { orgName: { eq: orgName } } };
  const page = await read("storeInboxQuery", query);
  const fragment = await document("storeInbox");
  const list = () => environment.lookup(relay.getSingularSelector(fragment, page)).data.connectionRequests;
  const { endCursor } = list().pageInfo;
  await read("storeInboxPageQuery", { ...query, after: endCursor });
  assert.equal(nodes(list()).length, 2);
});
