// One dashboard: `/d/UID/SLUG`.

export { DashboardPage as default } from "../../dashboards/page";
