// What relay-compiler makes of every list and of every payload that adds to one or takes from it.
import { graphql } from "relay-runtime";

graphql`
  query storeInboxQuery($count: Int!, $after: String, $filter: ConnectionRequestFilter) {
    ...storeInbox @arguments(count: $count, after: $after, filter: $filter)
  }
`;
graphql`
  fragment storeInbox on Query
  @refetchable(queryName: "storeInboxPageQuery")
  @argumentDefinitions(count: { type: "Int!" }, after: { type: "String" }, filter: { type: "ConnectionRequestFilter" }) {
    connectionRequests(first: $count, after: $after, filter: $filter) @connection(key: "store_connectionRequests") {
      __id
      edges { node { id orgName status } }
    }
  }
`;
graphql`
  query storeRequestQuery($id: ID!) {
    connectionRequest(id: $id) {
      id
      status
      comments(first: 10) @connection(key: "store_comments") { __id edges { node { id body } } }
      integrations(first: 10) @connection(key: "store_integrations") { __id edges { node { id type } } }
      uploadedFiles(first: 10) @connection(key: "store_uploadedFiles") { __id edges { node { id name } } }
    }
  }
`;
graphql`
  query storeListsQuery {
    people(first: 50) @connection(key: "store_people") { __id edges { node { id fullName } } }
    connectedAccounts(first: 50) @connection(key: "store_connectedAccounts") { __id edges { node { id name } } }
    files(first: 50) @connection(key: "store_files") { __id edges { node { id name } } }
  }
`;
graphql`
  mutation storeAskMutation($input: CreateConnectionRequestInput!, $connections: [ID!]!) {
    change: createConnectionRequest(input: $input) {
      connectionRequestEdge @prependEdge(connections: $connections) { cursor node { id orgName status } }
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeAskManyMutation($input: CreateConnectionRequestsInput!, $connections: [ID!]!) {
    change: createConnectionRequests(input: $input) {
      results {
        connectionRequestEdge @appendEdge(connections: $connections) { cursor node { id orgName status } }
      }
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeAskNodeMutation($input: CreateConnectionRequestInput!, $connections: [ID!]!) {
    change: createConnectionRequest(input: $input) {
      connectionRequest @appendNode(connections: $connections, edgeTypeName: "ConnectionRequestEdge") {
        id orgName status
      }
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeApproveMutation($input: ApproveConnectionRequestInput!) {
    change: approveConnectionRequest(input: $input) {
      connectionRequest { id status decision { id outcome } }
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeDeleteRequestMutation($input: DeleteConnectionRequestInput!, $connections: [ID!]!) {
    change: deleteConnectionRequest(input: $input) {
      deletedId @deleteEdge(connections: $connections)
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeAddCommentMutation($input: AddCommentInput!, $connections: [ID!]!) {
    change: addComment(input: $input) {
      commentEdge @appendEdge(connections: $connections) { cursor node { id body } }
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeDeleteCommentMutation($input: DeleteCommentInput!, $connections: [ID!]!) {
    change: deleteComment(input: $input) {
      deletedId @deleteEdge(connections: $connections)
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeAddFeedMutation($input: CreateIntegrationInput!, $connections: [ID!]!) {
    change: createIntegration(input: $input) {
      integrationEdge @appendEdge(connections: $connections) { cursor node { id type } }
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeDeleteFeedMutation($input: DeleteIntegrationInput!, $connections: [ID!]!) {
    change: deleteIntegration(input: $input) {
      deletedId @deleteEdge(connections: $connections)
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeUploadMutation($input: UploadFileInput!, $connections: [ID!]!) {
    change: uploadFile(input: $input) {
      fileEdge @appendEdge(connections: $connections) { cursor node { id name } }
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeAttachMutation($input: AttachFileInput!, $connections: [ID!]!) {
    change: attachFile(input: $input) {
      fileEdge @appendEdge(connections: $connections) { cursor node { id name } }
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeDetachMutation($input: DetachFileInput!, $connections: [ID!]!) {
    change: detachFile(input: $input) {
      detachedId @deleteEdge(connections: $connections)
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeDeleteFileMutation($input: DeleteFileInput!, $connections: [ID!]!) {
    change: deleteFile(input: $input) {
      deletedId @deleteEdge(connections: $connections)
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeAddPersonMutation($input: CreatePersonInput!, $connections: [ID!]!) {
    change: createPerson(input: $input) {
      personEdge @prependEdge(connections: $connections) { cursor node { id fullName } }
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeDeletePersonMutation($input: DeletePersonInput!, $connections: [ID!]!) {
    change: deletePerson(input: $input) {
      deletedId @deleteEdge(connections: $connections)
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeAddAccountMutation($input: CreateConnectedAccountInput!, $connections: [ID!]!) {
    change: createConnectedAccount(input: $input) {
      connectedAccountEdge @prependEdge(connections: $connections) { cursor node { id name } }
      errors { code message path }
    }
  }
`;
graphql`
  mutation storeDeleteAccountMutation($input: DeleteConnectedAccountInput!, $connections: [ID!]!) {
    change: deleteConnectedAccount(input: $input) {
      deletedId @deleteEdge(connections: $connections)
      errors { code message path }
    }
  }
`;
