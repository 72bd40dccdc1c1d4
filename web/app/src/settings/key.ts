const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A key of letters and digits that nobody can guess. */
export function randomKey(length = 32): string {
  let out = '';
  while (out.length < length) {
    // Bytes beyond the last whole multiple are left out: the first letters would be likelier.
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) if (byte < 248 && out.length < length) out += letters[byte % 62];
  }
  return out;
}
