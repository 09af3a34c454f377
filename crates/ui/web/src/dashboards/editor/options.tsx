// The options of a panel as forms, by its type; what no form knows is in the panel's JSON.

import type { JSX } from "preact";
import { LinksForm } from "./links_form";
import { MappingsForm } from "./mappings_form";
import { Drawing, LegendOptions, Values } from "./options_drawing";
import { Standard, ThresholdOptions } from "./options_field";
import { General, Text } from "./options_general";
import type { OptionsProps } from "./options_props";
import { OverridesForm } from "./overrides_form";
import { withDefault, withMember } from "./change";

export function Options(props: OptionsProps): JSX.Element {
  const { panel } = props;
  const isChart = ["timeseries", "barchart", "histogram"].includes(panel.type);
  const isValue = ["stat", "gauge", "bargauge", "piechart"].includes(panel.type);
  return (
    <>
      <General {...props} />
      {panel.type === "text" && <Text {...props} />}
      {isValue && <Values {...props} />}
      {isChart && <Drawing {...props} />}
      {(isChart || panel.type === "piechart") && <LegendOptions {...props} />}
      {panel.type !== "text" && <Fields {...props} />}
      <details>
        <summary>Links of the panel</summary>
        <LinksForm
          label="Links of the panel"
          links={panel.links ?? []}
          onChange={(links) => props.change((now) => withMember(now, "links", links))}
        />
      </details>
    </>
  );
}

/** Options of the values that a panel shows. */
function Fields(props: OptionsProps): JSX.Element {
  const { panel, change } = props;
  const source = panel.fieldConfig ?? { defaults: {}, overrides: [] };
  return (
    <>
      <Standard {...props} />
      <ThresholdOptions {...props} />
      <details>
        <summary>Value mappings</summary>
        <MappingsForm
          mappings={source.defaults.mappings ?? []}
          onChange={(mappings) => change((now) => withDefault(now, "mappings", mappings))}
        />
      </details>
      <details>
        <summary>Links of values</summary>
        <LinksForm
          label="Links of values"
          links={source.defaults.links ?? []}
          onChange={(links) => change((now) => withDefault(now, "links", links))}
        />
      </details>
      <details>
        <summary>Overrides</summary>
        <OverridesForm
          overrides={source.overrides}
          onChange={(overrides) =>
            change((now) => ({ ...now, fieldConfig: { ...source, overrides } }))
          }
        />
      </details>
    </>
  );
}
