// All dashboards: search, folders, stars, import.

export { BrowserPage as default } from "../../dashboards/browser";
