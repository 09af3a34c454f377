// What unit tests need of a browser so that modules can be imported; pages are tested in a real one.

const listeners = { addEventListener: () => undefined, removeEventListener: () => undefined };
const root = { dataset: {} as Record<string, string> };
const address = new URL("http://flyball.test/");

Object.assign(globalThis, {
  ...listeners,
  location: address,
  history: {
    pushState: (_state: unknown, _title: string, url: string) => {
      address.href = new URL(url, address).href;
    },
    replaceState: (_state: unknown, _title: string, url: string) => {
      address.href = new URL(url, address).href;
    },
  },
  scrollTo: () => undefined,
  matchMedia: () => ({ matches: false, ...listeners }),
  localStorage: { getItem: () => null, setItem: () => undefined },
  document: {
    ...listeners,
    baseURI: "http://flyball.test/",
    documentElement: root,
    body: { append: () => undefined },
    createElement: () => ({ style: {} }),
    querySelector: () => null,
  },
});
