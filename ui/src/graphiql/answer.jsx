// What stands beside an answer: its time, its size and its price; each tab has those of its own.
import { pick, useGraphiQL } from "@graphiql/react";
import { useRef } from "react";

const numbers = new Intl.NumberFormat("en");

function duration(milliseconds) {
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${numbers.format(Math.round(milliseconds))} ms`;
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

const ABOUT_PRICE = "Objects and values that the operation may return at most, by the page sizes that it asks for";

/** The facts of the active tab's last answer, of which the newest of all are told. */
function useFactsOfTab(newest) {
  const { tabs, activeTabIndex } = useGraphiQL(pick("tabs", "activeTabIndex"));
  const kept = useRef({ newest: null, byTab: new Map() });
  const tab = tabs[activeTabIndex]?.id;
  if (newest !== kept.current.newest) {
    kept.current.newest = newest;
    kept.current.byTab.set(tab, newest);
  }
  return kept.current.byTab.get(tab);
}

export function AnswerFacts({ facts: newest }) {
  const facts = useFactsOfTab(newest);
  if (facts?.isStream) return <p className="facts">Results are shown as they come, until you stop it.</p>;
  if (facts?.isLost) return <p className="facts">No answer came.</p>;
  if (!facts) return <p className="facts">Run the query to see its answer, and what it took.</p>;
  return (
    <dl className="facts">
      <div>
        <dt>Status</dt>
        <dd>{facts.status}</dd>
      </div>
      <div>
        <dt>Time</dt>
        <dd>
          {duration(facts.milliseconds)}
          {facts.serverMilliseconds !== undefined && ` (${duration(facts.serverMilliseconds)} at the server)`}
        </dd>
      </div>
      <div>
        <dt>Size</dt>
        <dd>{size(facts.bytes)}</dd>
      </div>
      {facts.price !== undefined && (
        <div title={ABOUT_PRICE}>
          <dt>Price</dt>
          <dd>{numbers.format(facts.price)}</dd>
        </div>
      )}
    </dl>
  );
}
