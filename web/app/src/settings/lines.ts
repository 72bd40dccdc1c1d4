/** What stands in the lines of a text, without empty ones and without what is there already. */
export function lines(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))];
}

// As the server takes them: a name, or *. and a name, or an address; without scheme, path and port.
const host = /^(\*\.)?[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*$|^\[?[0-9a-f]*:[0-9a-f:.]*\]?$/iu;
const origin = /^(null|https?:\/\/[^/\s?#@]+)$/i;

/** The first that is no host name. */
export const notHost = (list: string[]): string | undefined => list.find((s) => !host.test(s));
/** The first that is no origin such as https://example.com. */
export const notOrigin = (list: string[]): string | undefined => list.find((s) => !origin.test(s));
