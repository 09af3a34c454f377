// What the forms of transformations ask for, by their ids; what is missing here is edited as JSON. Pure.

export interface FormField {
  /** Where it stands in the options; a number is a place in a list. */
  path: readonly (string | number)[];
  label: string;
  kind: "text" | "number" | "flag" | "list" | "choice" | "reducer" | "reducers";
  choices?: readonly string[];
}

const text = (label: string, ...path: (string | number)[]): FormField => ({
  path,
  label,
  kind: "text",
});
const choice = (label: string, path: string, ...choices: string[]): FormField => ({
  path: [path],
  label,
  kind: "choice",
  choices,
});

const CASES = [
  ...["Upper Case", "Lower Case", "Sentence Case", "Title Case", "Pascal Case", "Camel Case"],
  ...["Snake Case", "Kebab Case", "Trim", "Substring"],
];

export const FORMS: Readonly<Record<string, { name: string; fields: readonly FormField[] }>> = {
  organize: { name: "Organize fields", fields: [] },
  merge: { name: "Merge into one table", fields: [] },
  joinByField: {
    name: "Join by field",
    fields: [text("Field", "byField"), choice("Rows", "mode", "outer", "inner", "outerTabular")],
  },
  groupBy: { name: "Group by", fields: [] },
  renameByRegex: {
    name: "Rename by pattern",
    fields: [text("Pattern", "regex"), text("New name", "renamePattern")],
  },
  filterFieldsByName: {
    name: "Filter fields by name",
    fields: [
      { path: ["include", "names"], label: "Keep the fields", kind: "list" },
      text("Keep what matches", "include", "pattern"),
      { path: ["exclude", "names"], label: "Drop the fields", kind: "list" },
      text("Drop what matches", "exclude", "pattern"),
    ],
  },
  filterByRefId: { name: "Filter by query", fields: [text("Keep the queries", "include")] },
  calculateField: {
    name: "Add a calculated field",
    fields: [
      choice("Mode", "mode", "reduceRow", "binary", "cumulativeFunctions", "index"),
      { path: ["reduce", "reducer"], label: "Calculation of the row", kind: "reducer" },
      { path: ["reduce", "include"], label: "Of the fields", kind: "list" },
      text("Left side", "binary", "left"),
      {
        path: ["binary", "operator"],
        label: "Operator",
        kind: "choice",
        choices: ["+", "-", "*", "/", "%", "**"],
      },
      text("Right side", "binary", "right"),
      text("Name", "alias"),
      { path: ["replaceFields"], label: "Only this field", kind: "flag" },
    ],
  },
  sortBy: {
    name: "Sort",
    fields: [
      text("Field", "sort", 0, "field"),
      { path: ["sort", 0, "desc"], label: "Largest first", kind: "flag" },
    ],
  },
  reduce: {
    name: "Reduce",
    fields: [
      choice("Form", "mode", "seriesToRows", "reduceFields"),
      { path: ["reducers"], label: "Calculations", kind: "reducers" },
    ],
  },
  labelsToFields: {
    name: "Labels to fields",
    fields: [
      choice("Form", "mode", "columns", "rows"),
      { path: ["keepLabels"], label: "Labels", kind: "list" },
      text("Label that names the value", "valueLabel"),
    ],
  },
  limit: { name: "Limit", fields: [{ path: ["limitField"], label: "Rows", kind: "number" }] },
  partitionByValues: {
    name: "Partition by values",
    fields: [{ path: ["fields"], label: "Fields", kind: "list" }],
  },
  groupingToMatrix: {
    name: "Grouping to matrix",
    fields: [
      text("Column", "columnField"),
      text("Row", "rowField"),
      text("Cell value", "valueField"),
    ],
  },
  extractFields: {
    name: "Extract fields",
    fields: [
      text("Source", "source"),
      choice("Format", "format", "auto", "json", "kvp", "regexp", "delimiter"),
      text("Pattern", "regExp"),
      { path: ["replace"], label: "Instead of the source", kind: "flag" },
    ],
  },
  seriesToRows: { name: "Series to rows", fields: [] },
  concatenate: { name: "Concatenate", fields: [] },
  timeSeriesTable: { name: "Time series to table", fields: [] },
  transpose: { name: "Transpose", fields: [] },
  convertFieldType: { name: "Convert field type", fields: [] },
  prepareTimeSeries: {
    name: "Prepare time series",
    fields: [choice("Format", "format", "multi", "wide", "long")],
  },
  rowsToFields: { name: "Rows to fields", fields: [] },
  formatTime: {
    name: "Format time",
    fields: [text("Field", "timeField"), text("Format", "outputFormat"), text("Zone", "timezone")],
  },
  formatString: {
    name: "Format text",
    fields: [text("Field", "stringField"), choice("Form", "outputFormat", ...CASES)],
  },
  filterByValue: { name: "Filter by value", fields: [] },
  histogram: {
    name: "Histogram",
    fields: [
      { path: ["bucketCount"], label: "Buckets", kind: "number" },
      { path: ["bucketSize"], label: "Size of a bucket", kind: "number" },
      { path: ["bucketOffset"], label: "Offset", kind: "number" },
      { path: ["combine"], label: "All fields together", kind: "flag" },
    ],
  },
  heatmap: { name: "Create heatmap", fields: [] },
  joinByLabels: {
    name: "Join by labels",
    fields: [
      text("Label that names the columns", "value"),
      { path: ["join"], label: "Labels of the rows", kind: "list" },
    ],
  },
  configFromData: {
    name: "Config from query results",
    fields: [text("Query", "configRefId")],
  },
  regression: {
    name: "Regression",
    fields: [
      choice("Model", "modelType", "linear", "polynomial"),
      text("X field", "xFieldName"),
      text("Y field", "yFieldName"),
      { path: ["degree"], label: "Degree", kind: "number" },
      { path: ["predictionCount"], label: "Points", kind: "number" },
    ],
  },
};

type Tree = Record<string, unknown> | unknown[];

/** The member at a path, if it is there. */
export function at(tree: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (now, key) => (now as Record<string | number, unknown> | undefined)?.[key],
    tree,
  );
}

/** A copy with one member set; nothing takes it away. Lists are made where the path has a number. */
export function withAt(
  tree: unknown,
  [head, ...rest]: readonly (string | number)[],
  value: unknown,
): unknown {
  if (head === undefined) return value;
  const copy = (
    typeof head === "number" ? [...((tree as unknown[]) ?? [])] : { ...(tree as object) }
  ) as Tree;
  const below = withAt((copy as Record<string | number, unknown>)[head], rest, value);
  if (below === undefined && typeof head === "string")
    delete (copy as Record<string, unknown>)[head];
  else (copy as Record<string | number, unknown>)[head] = below;
  return copy;
}
