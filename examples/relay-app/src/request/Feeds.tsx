import { graphql, useFragment } from "react-relay";
import { Time } from "../Time";
import type { Feeds_request$key } from "./__generated__/Feeds_request.graphql";

const HERE = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The feeds; a schedule's hours are those of the organization's time zone, and its runs' those of the reader's. */
export function Feeds({ request }: { request: Feeds_request$key }) {
  const { organization, integrations } = useFragment(
    graphql`
      fragment Feeds_request on ConnectionRequest {
        organization {
          timezone
        }
        integrations(first: 100) {
          edges {
            node {
              id
              integrationType
              updateFrequency
              schedule {
                description
                problem
                warnings
                nextRuns(first: 3)
              }
            }
          }
        }
      }
    `,
    request,
  );
  return (
    <section className="card">
      <h2>Feeds</h2>
      {integrations.edges.length === 0 && <p>None is asked for.</p>}
      <ul className="feeds">
        {integrations.edges.map(({ node: { id, integrationType, updateFrequency, schedule } }) => (
          <li key={id}>
            <strong>{integrationType}</strong> {updateFrequency && <code>{updateFrequency}</code>}
            {schedule?.description && (
              <p>
                {schedule.description}
                {organization.timezone !== HERE && <small> ({organization.timezone})</small>}
              </p>
            )}
            {schedule?.problem && <p className="problem">{schedule.problem}</p>}
            {schedule?.warnings.map((each) => <p key={each}>{each}</p>)}
            {schedule && schedule.nextRuns.length > 0 && (
              <ol aria-label={`Next runs of ${integrationType}`}>
                {schedule.nextRuns.map((at) => (
                  <li key={at}>
                    <Time at={at} />
                  </li>
                ))}
              </ol>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
