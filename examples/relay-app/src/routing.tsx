import { type AnchorHTMLAttributes, createContext, type MouseEvent, type ReactNode, use, useEffect, useEffectEvent, useState, useTransition } from "react";

interface Routing {
  url: URL;
  /** Where the reader wants to be: another place than `url` until its data are there. */
  wanted: URL;
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
  const [wanted, setWanted] = useState(location.href);
  const [fetchKey, setFetchKey] = useState(0);
  const [isPending, startTransition] = useTransition();
  const refresh = () => startTransition(() => setFetchKey((key) => key + 1));
  const navigate: Routing["navigate"] = (to, { replace = false } = {}) => {
    history[replace ? "replaceState" : "pushState"](null, "", to);
    go(replace ? 0 : 1);
  };
  const go = (steps: number) => {
    setWanted(location.href);
    startTransition(() => setPlace((place) => ({ href: location.href, moves: place.moves + steps })));
  };
  const moved = useEffectEvent(() => go(1));
  useEffect(() => {
    const onPopState = () => moved();
    addEventListener("popstate", onPopState);
    return () => removeEventListener("popstate", onPopState);
  }, []);
  const routing = { url: new URL(href), wanted: new URL(wanted), isPending, moves, fetchKey, refresh, navigate };
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
