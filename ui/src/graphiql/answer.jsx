// What stands beside an answer: its time, its size and its price; each tab has those of its own.
import { pick, useGraphiQL } from "@graphiql/react";

const numbers = new Intl.NumberFormat("en");

function duration(milliseconds) {
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${numbers.format(Math.round(milliseconds))} ms`;
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1e6 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

const ABOUT_PRICE = "Objects and values that the operation may return at most, by the page sizes that it asks for";

/** @param {{facts: Map<string, object>}} props of the last answer of each tab, by the tab's id */
export function AnswerFacts({ facts: byTab }) {
  const { tabs, activeTabIndex } = useGraphiQL(pick("tabs", "activeTabIndex"));
  const facts = byTab.get(tabs[activeTabIndex]?.id);
  if (facts?.isStopped) return <p className="facts">Stopped.</p>;
  if (facts?.isStream) return <p className="facts">{facts.isEnded ? "There are no more results." : "Results are shown as they come, until you stop it."}</p>;
  if (facts?.isUnseen) return <p className="facts">The answer came while another tab was shown.</p>;
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
