// The governor: two balls on arms, which rise with the load of the host.

import { signal } from "@preact/signals";
import type { JSX } from "preact";

/** Load of the host between 0 and 1; pages that know it set it. */
export const load = signal(0.2);

export function Brand(): JSX.Element {
  const angle = -14 + 38 * Math.min(1, Math.max(0, load.value));
  return (
    <svg class="brand-mark" width="26" height="26" viewBox="0 0 32 32" aria-hidden="true">
      <path class="shaft" d="M16 3v26M9 29h14" />
      <g transform={`rotate(${angle} 16 7)`}>
        <path class="arm" d="M16 7L8 20" />
        <circle class="ball" cx="8" cy="20" r="4" />
      </g>
      <g transform={`rotate(${-angle} 16 7)`}>
        <path class="arm" d="M16 7l8 13" />
        <circle class="ball" cx="24" cy="20" r="4" />
      </g>
    </svg>
  );
}
