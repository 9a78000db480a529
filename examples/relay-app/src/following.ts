import { useEffectEvent, useMemo } from "react";
import { useSubscription } from "react-relay";
import type { GraphQLSubscriptionConfig, OperationType } from "relay-runtime";
import { Refusal } from "./environment";
import { useRouting } from "./routing";

/** A subscription, whose only field is called `told`. */
interface Following extends OperationType {
  readonly response: { readonly told: { readonly type: string | null | undefined; readonly resync: boolean } };
}

/**
 * Follow what happens, from the cursor that the page's query read before its data, so that nothing is missed. Relay puts
 * the objects of each event into its store, and whoever shows them shows them anew; what else there is to do is `onEvent`.
 */
export function useFollowing<T extends Following>(
  { subscription, variables, updater }: Pick<GraphQLSubscriptionConfig<T>, "subscription" | "variables" | "updater">,
  onEvent: (type: string) => void = () => {},
) {
  const { refresh } = useRouting();
  const happened = useEffectEvent((event: Following["response"]["told"]) => {
    if (event.resync) refresh(); // much has changed at once
    else if (event.type) onEvent(event.type); // the first message has no type: it says that the connection stands
  });
  const ended = useEffectEvent((problem: Error) => {
    if (problem instanceof Refusal && problem.codes.includes("CURSOR_TOO_OLD")) refresh(); // what came since is gone
  });
  const given = JSON.stringify(variables);
  const config = useMemo(
    () => ({
      subscription,
      variables: JSON.parse(given),
      updater,
      onNext: (response: T["response"] | null | undefined) => response && happened(response.told),
      onError: ended,
    }),
    [subscription, given, updater],
  );
  useSubscription<T>(config);
}
