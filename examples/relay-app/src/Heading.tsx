import { useEffect, useEffectEvent, useRef } from "react";
import { useRouting } from "./routing";

/** A page's heading and title. Who comes to the page by a link of ours is led to it, as by any link. */
export function Heading({ title }: { title: string }) {
  const { moves } = useRouting();
  const heading = useRef<HTMLHeadingElement>(null);
  const arrive = useEffectEvent(() => {
    if (moves > 0) heading.current?.focus();
  });
  useEffect(() => arrive(), []);
  return (
    <>
      <title>{`${title} · Connections`}</title>
      <h1 ref={heading} tabIndex={-1}>
        {title}
      </h1>
    </>
  );
}
