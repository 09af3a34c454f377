// Health of everything that is watched, as `/api/flyball/v1/health` tells it.

import { getJson, type RequestOptions } from "./client";

export type Band = "healthy" | "degraded" | "impaired" | "critical" | "unknown";

/** Points that are missing, and why. */
export interface Deduction {
  readonly points: number;
  /** `dependency` for what is wrong elsewhere. */
  readonly kind: string;
  readonly subject: string;
  readonly reason: string;
  /** What to do next, as a sentence or an address; may be empty. */
  readonly remedy: string;
  /** Page with more, with its query; may be empty. */
  readonly link: string;
  readonly since: string;
}

export interface HealthComponent {
  readonly name: string;
  readonly title: string;
  readonly status: Band;
  readonly score: number | null;
  readonly since: string;
  readonly criticality: "critical" | "normal" | "minor";
  readonly depends_on: readonly string[];
  /** Targets, services and probes that belong to it. */
  readonly subjects: number;
  readonly runbook: string;
  readonly deductions: readonly Deduction[];
}

/** A component, or the whole as `system`, went from one word to another. */
export interface BandChange {
  readonly at: string;
  readonly component: string;
  readonly from: Band;
  readonly to: Band;
  readonly score: number | null;
  readonly reason: string;
}

export interface Health {
  readonly status: Band;
  readonly score: number | null;
  readonly summary: string;
  readonly at: string | null;
  readonly since: string | null;
  readonly deductions: readonly Deduction[];
  readonly components: readonly HealthComponent[];
  /** The latest first. */
  readonly changes: readonly BandChange[];
  readonly interval_seconds: number;
}

export function health(options?: RequestOptions): Promise<Health> {
  return getJson("api/flyball/v1/health", {}, options);
}
