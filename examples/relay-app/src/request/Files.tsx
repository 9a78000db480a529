import type { ChangeEvent } from "react";
import { graphql, useFragment } from "react-relay";
import { useChange } from "../changing";
import { Problems } from "../Problems";
import type { FilesDetachMutation } from "./__generated__/FilesDetachMutation.graphql";
import type { FilesUploadMutation } from "./__generated__/FilesUploadMutation.graphql";
import type { Files_request$key } from "./__generated__/Files_request.graphql";

export function Files({ request }: { request: Files_request$key }) {
  const { id: connectionRequestId, uploadedFiles } = useFragment(
    graphql`
      fragment Files_request on ConnectionRequest {
        id
        uploadedFiles(first: 100) @connection(key: "Files_uploadedFiles") {
          __id
          edges {
            node {
              id
              name
              size
              downloadUrl
            }
          }
        }
      }
    `,
    request,
  );
  const connections = [uploadedFiles.__id];
  const [upload, isUploading, notKept] = useChange<FilesUploadMutation>(graphql`
    mutation FilesUploadMutation($input: UploadFileInput!, $connections: [ID!]!) {
      change: uploadFile(input: $input) {
        fileEdge @appendEdge(connections: $connections) {
          cursor
          node {
            id
            name
            size
            downloadUrl
          }
        }
        errors {
          message
          path
        }
      }
    }
  `);
  const [detach, isDetaching, notDetached] = useChange<FilesDetachMutation>(graphql`
    mutation FilesDetachMutation($input: DetachFileInput!, $connections: [ID!]!) {
      change: detachFile(input: $input) {
        detachedId @deleteEdge(connections: $connections)
        errors {
          message
          path
        }
      }
    }
  `);
  const send = ({ target }: ChangeEvent<HTMLInputElement>) => {
    const file = target.files?.[0];
    if (!file) return;
    upload({
      variables: { input: { connectionRequestId, file: null }, connections },
      uploadables: { "input.file": file },
    });
    target.value = "";
  };
  return (
    <section className="card">
      <h2>Files</h2>
      <ul className="files">
        {uploadedFiles.edges.map(({ node: { id: fileId, name, size, downloadUrl } }) => (
          <li key={fileId}>
            {downloadUrl ? <a href={downloadUrl}>{name}</a> : name}
            {size !== null && <small> {size} bytes</small>}
            <button
              className="quiet"
              disabled={isDetaching}
              aria-label={`Detach ${name}`}
              onClick={() => detach({ variables: { input: { connectionRequestId, fileId }, connections } })}
            >
              ✕
            </button>
          </li>
        ))}
      </ul>
      <label className="button">
        {isUploading ? "Sending …" : "Send a file"}
        <input type="file" className="unseen" disabled={isUploading} onChange={send} />
      </label>
      <Problems problems={[...notKept, ...notDetached]} />
    </section>
  );
}
