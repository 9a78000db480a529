import { Suspense } from "react";
import { AskPage } from "./ask/AskPage";
import { ErrorBoundary } from "./ErrorBoundary";
import { Inbox } from "./inbox/Inbox";
import { RequestPage } from "./request/RequestPage";
import { Link, useRouting } from "./routing";

export function App() {
  const { url, isPending, refresh } = useRouting();
  return (
    <>
      <header>
        <Link href="/" className="brand">
          Connections
        </Link>
        <Link href="/ask" className="button primary">
          Ask for a connection
        </Link>
      </header>
      <main aria-busy={isPending}>
        <ErrorBoundary key={url.pathname} onRetry={refresh}>
          <Suspense fallback={<p role="status">Loading …</p>}>
            <Page path={url.pathname} />
          </Suspense>
        </ErrorBoundary>
      </main>
    </>
  );
}

function Page({ path }: { path: string }) {
  const [, id] = /^\/requests\/(.+)$/.exec(path) ?? [];
  if (id) return <RequestPage id={decodeURIComponent(id)} />;
  return path === "/ask" ? <AskPage /> : <Inbox />;
}
