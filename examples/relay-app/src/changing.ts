import { useState } from "react";
import { type UseMutationConfig, useMutation } from "react-relay";
import type { GraphQLTaggedNode, MutationParameters } from "relay-runtime";
import type { Problem } from "./Problems";

/** A mutation, whose only field is called `change`. */
interface Change extends MutationParameters {
  readonly response: { readonly change: { readonly errors: readonly Problem[] } | null | undefined };
}

/** `useMutation`, and what is wrong with the last try; `onCompleted` is called where nothing is. */
export function useChange<T extends Change>(mutation: GraphQLTaggedNode) {
  const [commit, isInFlight] = useMutation<T>(mutation);
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const change = (config: UseMutationConfig<T>) => {
    commit({
      ...config,
      onCompleted(response, errors) {
        const found = response.change?.errors ?? errors?.map(({ message }) => ({ message, path: [] })) ?? [];
        setProblems(found);
        if (found.length === 0) config.onCompleted?.(response, errors);
      },
      onError: ({ message }) => setProblems([{ message, path: [] }]),
    });
  };
  return [change, isInFlight, problems] as const;
}
