// The frame: one line with the way to every page, the time, the state of the server; the page below.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { offlineSince } from "../api/client";
import { Button, classes } from "../components/button";
import { Icon } from "../components/icon";
import { Menu, type MenuItems } from "../components/menu";
import { Empty, Loading, Problem } from "../components/state";
import { Toasts } from "../components/toast";
import { Brand } from "./brand";
import { type Shortcut, useKeys } from "./keys";
import { asError } from "./load";
import { loadPage, type Page, type PageModule, pages, type Place, placeOf } from "./pages";
import { openHelp, openPalette, Overlays } from "./overlays";
import { href, navigate, param, route, setParams } from "./route";
import { isDark, theme, type Theme } from "./theme";
import { formatTime, zone } from "./time";
import { TimeControls } from "./time-picker";
import "./shell.css";

export function Shell(): JSX.Element {
  useKeys(frameKeys);
  const place = placeOf(route.value.path);
  const isBare = route.value.params.has("kiosk");
  return (
    <>
      <a class="skip only-heard" href={href(route.value.path, route.value.params)} onClick={skip}>
        Skip to the page
      </a>
      {!isBare && <Header place={place} />}
      <main id="main" tabIndex={-1} class={classes("main", isBare && "bare")}>
        <PageBody place={place} />
      </main>
      <Toasts />
      <Overlays />
    </>
  );
}

/** Keys that work on every page. */
function frameKeys(): Shortcut[] {
  const group = "Everywhere";
  const toPages = pages
    .filter((page) => page.keys !== undefined)
    .map(({ keys = "", title, path }) => ({
      keys,
      does: title,
      group: "Go to",
      run: () => navigate(path),
    }));
  const kiosk = () => setParams({ kiosk: route.peek().params.has("kiosk") ? null : "1" });
  return [
    { keys: "ctrl+k", does: "Go to a page, dashboard, metric or alert", group, run: openPalette },
    { keys: "/", does: "The same", group, run: openPalette },
    { keys: "?", does: "These keys", group, run: openHelp },
    { keys: "d k", does: "Hide or show the header", group, run: kiosk },
    {
      keys: "c t",
      does: "Light or dark",
      group,
      run: () => {
        theme.value = isDark.peek() ? "light" : "dark";
      },
    },
    {
      keys: "g e",
      does: "Explore, as in Grafana",
      group: "Go to",
      run: () => navigate("/explore"),
    },
    ...toPages,
  ];
}

function skip(event: MouseEvent): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Header({ place }: { readonly place: Place | undefined }): JSX.Element {
  const inBar = pages.filter((page) => page.place === "bar");
  const ofServer = pages.filter((page) => page.place === "server");
  const isInServer = place?.page.place === "server";
  return (
    <header class="bar no-print">
      <a class="brand" href={href("/")} aria-label="Flyball: home">
        <Brand />
        <span>Flyball</span>
      </a>
      <Menu
        class="narrow-only"
        label="Pages"
        items={asItems(pages.filter((page) => page.place !== "none"))}
      >
        <Icon name="menu" />
      </Menu>
      <nav aria-label="Pages" class="wide-only">
        {inBar.map((page) => (
          <a
            key={page.name}
            href={href(page.path)}
            aria-current={isOn(page, place) ? "page" : undefined}
          >
            {page.title}
          </a>
        ))}
        {ofServer.length > 0 && (
          <Menu class={classes(isInServer && "current")} items={asItems(ofServer)}>
            {isInServer ? place.page.title : "Server"}
            <Icon name="down" size={12} />
          </Menu>
        )}
      </nav>
      <span class="grow" />
      <Connection />
      {place?.page.hasTime && <TimeControls />}
      <Button look="quiet" icon="search" label="Go to (ctrl+k)" onClick={openPalette} />
      <ThemeMenu />
      <span class="wide-only">
        <Button look="quiet" icon="help" label="Keys (?)" onClick={openHelp} />
      </span>
    </header>
  );
}

function isOn(page: Page, place: Place | undefined): boolean {
  return page === place?.page || (page.name === "dashboards" && place?.page.name === "dashboard");
}

function asItems(listed: readonly Page[]): MenuItems {
  return listed.map(({ title, path, keys }) => ({
    label: title,
    href: href(path),
    ...(keys ? { keys } : {}),
  }));
}

/** Says when the server does not answer, and since when. */
function Connection(): JSX.Element | null {
  const since = offlineSince.value;
  return (
    <span class="connection" role="status">
      {since !== undefined && (
        <span
          class="badge bad"
          title={`No answer since ${formatTime(since, zone.value)}; what you see is what came last`}
        >
          <Icon name="warning" size={12} />
          <span class="wide-only">
            disconnected since {formatTime(since, zone.value).slice(11)}, retrying
          </span>
          <span class="narrow-only">retrying</span>
        </span>
      )}
    </span>
  );
}

const THEMES: readonly { readonly value: Theme; readonly label: string }[] = [
  { value: "auto", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
];

function ThemeMenu(): JSX.Element {
  const choices = THEMES.map(({ value, label }) => ({
    label,
    isChecked: theme.value === value,
    run: () => {
      theme.value = value;
    },
  }));
  return (
    <Menu label="Theme" align="end" items={choices}>
      <Icon name="sun" />
    </Menu>
  );
}

/** The page of the address; its code is loaded when it is first needed. */
function PageBody({ place }: { readonly place: Place | undefined }): JSX.Element {
  const page = place?.page;
  const [loaded, setLoaded] = useState<{ page: Page; module: PageModule }>();
  const [error, setError] = useState<Error>();
  const [attempt, setAttempt] = useState(0);
  useTitle(page);
  useEffect(() => {
    if (!page) return;
    let isWanted = true;
    setError(undefined);
    loadPage(page).then(
      (module) => isWanted && setLoaded({ page, module }),
      (thrown: unknown) => isWanted && setError(asError(thrown)),
    );
    return () => {
      isWanted = false;
    };
  }, [page, attempt]);
  if (!page || !place) return <NotFound />;
  if (error) return <Problem error={error} onRetry={() => setAttempt(attempt + 1)} />;
  if (loaded?.page !== page) return <Loading what={page.title} />;
  const Component = loaded.module.default;
  return <Component key={page.name} rest={place.rest} />;
}

/** Titles the window; those who listen hear which page they are on. */
function useTitle(page: Page | undefined): void {
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = page && page.path !== "/" ? `${page.title} · Flyball` : "Flyball";
    if (!isFirst.current) document.getElementById("main")?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [page]);
}

function NotFound(): JSX.Element {
  return (
    <Empty title={`There is no page at ${route.value.path}`}>
      <a href={href("/")}>Home</a> has the way to all pages
      {param("g0.expr") ? "" : "; ctrl+k finds them by name"}.
    </Empty>
  );
}
