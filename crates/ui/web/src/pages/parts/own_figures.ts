// Figures that the server measures of itself, at once and by their names.
// It scrapes itself, so that they are there without asking anybody else.

import { queryInstant, type VectorSeries } from "../../api/prometheus";
import { type Loaded, useLoad } from "../../app/load";

/** Values by metric; several series of one metric are summed. */
export type Figures = ReadonlyMap<
  string,
  { readonly sum: number; readonly series: readonly VectorSeries[] }
>;

/** The server's own metrics whose names match. */
export function useOwnFigures(names: string, everyMs = 15_000): Loaded<Figures> {
  return useLoad(
    async (signal) => {
      const { data } = await queryInstant(
        `{job="flyball", __name__=~${JSON.stringify(names)}}`,
        undefined,
        { signal },
      );
      return figuresOf(data.resultType === "vector" ? data.result : []);
    },
    [names],
    { everyMs },
  );
}

export function figuresOf(series: readonly VectorSeries[]): Figures {
  const found = new Map<string, { sum: number; series: VectorSeries[] }>();
  for (const one of series) {
    const name = one.metric.__name__ ?? "";
    const figure = found.get(name) ?? { sum: 0, series: [] };
    found.set(name, figure);
    figure.sum += Number(one.value?.[1] ?? 0);
    figure.series.push(one);
  }
  return found;
}
