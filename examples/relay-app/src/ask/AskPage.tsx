import { useId, useState } from "react";
import { graphql } from "react-relay";
import { useChange } from "../changing";
import { Heading } from "../Heading";
import { type Problem, Problems } from "../Problems";
import { useRouting } from "../routing";
import type { AskPageMutation } from "./__generated__/AskPageMutation.graphql";

const FEEDS = ["items", "orders", "allocations", "tracking"];
const NEW_FEED = { integrationType: "items", updateFrequency: "0 6 * * *" };

export function AskPage() {
  const { navigate } = useRouting();
  const [ask, isAsking, problems] = useChange<AskPageMutation>(graphql`
    mutation AskPageMutation($input: CreateConnectionRequestInput!) {
      change: createConnectionRequest(input: $input) {
        connectionRequest {
          id
          ...RequestRow_request
        }
        errors {
          message
          path
        }
      }
    }
  `);
  const [orgName, setOrgName] = useState("");
  const [primaryContactEmail, setEmail] = useState("");
  const [comment, setComment] = useState("");
  const [feeds, setFeeds] = useState([NEW_FEED]);
  const send = () =>
    ask({
      variables: {
        input: { orgName, primaryContactEmail: primaryContactEmail || null, comment: comment || null, integrations: feeds },
      },
      onCompleted: ({ change }) => {
        const made = change?.connectionRequest;
        if (made) navigate(`/requests/${encodeURIComponent(made.id)}`);
      },
    });
  const changeFeed = (index: number, change: Partial<typeof NEW_FEED>) =>
    setFeeds(feeds.map((feed, at) => (at === index ? { ...feed, ...change } : feed)));
  return (
    <>
      <Heading title="Ask for a connection" />
      <form className="card" action={send}>
        <Text label="Organization" at="orgName" value={orgName} change={setOrgName} problems={problems} required />
        <Text label="E-mail address of the contact" at="primaryContactEmail" value={primaryContactEmail} change={setEmail} problems={problems} />
        {feeds.map((feed, index) => (
          <fieldset key={index}>
            <legend>Feed {index + 1}</legend>
            <label>
              Of
              <select value={feed.integrationType} onChange={(event) => changeFeed(index, { integrationType: event.target.value })}>
                {FEEDS.map((each) => (
                  <option key={each}>{each}</option>
                ))}
              </select>
            </label>
            <Text
              label="When, as cron has it"
              at={`integrations.${index}.updateFrequency`}
              value={feed.updateFrequency}
              change={(updateFrequency) => changeFeed(index, { updateFrequency })}
              problems={problems}
            />
            <button type="button" onClick={() => setFeeds(feeds.filter((_, at) => at !== index))}>
              Leave feed {index + 1} out
            </button>
          </fieldset>
        ))}
        <button type="button" onClick={() => setFeeds([...feeds, NEW_FEED])}>
          One more feed
        </button>
        <Text label="Comment" at="comment" value={comment} change={setComment} problems={problems} />
        <Problems problems={problems} at="" />
        <button className="primary" disabled={isAsking}>
          Ask
        </button>
      </form>
    </>
  );
}

interface TextProps {
  label: string;
  at: string;
  value: string;
  change: (value: string) => void;
  problems: readonly Problem[];
  required?: boolean;
}

/** A text of the mutation's input; what the gateway says of its place there stands beside it. */
function Text({ label, at, value, change, problems, required }: TextProps) {
  const id = useId();
  const isWrong = problems.some((each) => each.path.join(".") === at);
  return (
    <div>
      <label>
        {label}
        <input
          value={value}
          required={required}
          aria-invalid={isWrong}
          aria-describedby={isWrong ? id : undefined}
          onChange={(event) => change(event.target.value)}
        />
      </label>
      <Problems id={id} problems={problems} at={at} />
    </div>
  );
}
