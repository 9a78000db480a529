// Keeps the headers editor in agreement with the access token in the page's bar.
import { pick, useGraphiQL } from "@graphiql/react";
import { useEffect } from "react";

export const bearer = (token) => `Bearer ${token}`;

/** The headers text with the authorization replaced if it is one that the token field set aside, else null. */
function replaced(text, token, retired) {
  let headers;
  try {
    headers = JSON.parse(text);
  } catch {
    return null;
  }
  const name = Object.keys(headers ?? {}).find((key) => key.toLowerCase() === "authorization");
  if (!name || !retired.has(headers[name]) || headers[name] === bearer(token)) return null;
  if (token) headers[name] = bearer(token);
  else delete headers[name];
  return Object.keys(headers).length ? JSON.stringify(headers, null, 2) : "";
}

/** Keeps a header that the page itself filled in equal to the token field; a header that the user wrote stays as it is. */
export function HeadersFollowToken({ token, retired }) {
  const { headerEditor, activeTabIndex } = useGraphiQL(pick("headerEditor", "activeTabIndex"));
  useEffect(() => {
    const text = headerEditor && replaced(headerEditor.getValue(), token, retired);
    if (typeof text === "string") headerEditor.setValue(text);
  }, [headerEditor, activeTabIndex, token, retired]);
  return null;
}
