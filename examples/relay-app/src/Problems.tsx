export interface Problem {
  readonly message: string;
  readonly path: readonly string[];
}

/** What is wrong with what somebody gave, each beside its field, which names it as its description. */
export function Problems({ id, problems, at }: { id?: string; problems: readonly Problem[]; at?: string }) {
  const found = at === undefined ? problems : problems.filter((each) => each.path.join(".") === at);
  if (found.length === 0) return null;
  return (
    <p id={id} className="problem" role="alert">
      {found.map((each) => each.message).join(" ")}
    </p>
  );
}
