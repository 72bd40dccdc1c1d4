// What a browser does by itself when it loads a page, and the console when it shows another one.

/** Where one is: the address that was arrived at last. */
let here: string | undefined;

/** The part of an address that is a page of its own: the rest opens beside it or over it. */
const own = /^\/(recording\/(tasks|rules)|settings\/[^/]+|explorer)(?=\/|$)/;

const pageOf = (path: string): string => own.exec(path)?.[0] ?? path;
const first = (path: string): string => path.split('/')[1] ?? '';

/**
 * Shows another page from its top, unless one goes back to where one was; and takes those who use keys to its heading where the page is another one, or
 * what they used is gone.
 */
export function arrive(path: string, back: boolean, heading: HTMLElement | null): void {
  const from = here;
  here = path;
  if (from === undefined || from === path) return;
  const lost = !document.activeElement || document.activeElement === document.body;
  if (first(path) !== first(from) || (lost && pageOf(path) !== pageOf(from))) heading?.focus({ preventScroll: true });
  if (!back && pageOf(path) !== pageOf(from)) window.scrollTo(0, 0);
}
