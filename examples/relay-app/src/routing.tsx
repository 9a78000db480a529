import { type AnchorHTMLAttributes, createContext, type MouseEvent, type ReactNode, use, useEffect, useState, useTransition } from "react";

interface Routing {
  url: URL;
  isPending: boolean;
  /** How often the reader has gone to another page. */
  moves: number;
  /** Another one each time that what is shown is to be asked for anew: the `fetchKey` of every page's query. */
  fetchKey: number;
  refresh: () => void;
  navigate: (to: string, options?: { replace?: boolean }) => void;
}

const RoutingContext = createContext<Routing | null>(null);

/** Where the reader is. A page is shown once its data are there; until then the one before it stays. */
export function RoutingProvider({ children }: { children: ReactNode }) {
  const [{ href, moves }, setPlace] = useState({ href: location.href, moves: 0 });
  const [fetchKey, setFetchKey] = useState(0);
  const [isPending, startTransition] = useTransition();
  const refresh = () => startTransition(() => setFetchKey((key) => key + 1));
  const navigate: Routing["navigate"] = (to, { replace = false } = {}) => {
    history[replace ? "replaceState" : "pushState"](null, "", to);
    startTransition(() => setPlace((place) => ({ href: location.href, moves: place.moves + (replace ? 0 : 1) })));
  };
  useEffect(() => {
    const moved = () => startTransition(() => setPlace((place) => ({ href: location.href, moves: place.moves + 1 })));
    addEventListener("popstate", moved);
    return () => removeEventListener("popstate", moved);
  }, []);
  const routing = { url: new URL(href), isPending, moves, fetchKey, refresh, navigate };
  return <RoutingContext value={routing}>{children}</RoutingContext>;
}

export function useRouting(): Routing {
  const routing = use(RoutingContext);
  if (!routing) throw new Error("There is no RoutingProvider around this component.");
  return routing;
}

export function Link({ href, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const { navigate } = useRouting();
  const follow = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={follow} {...rest} />;
}
