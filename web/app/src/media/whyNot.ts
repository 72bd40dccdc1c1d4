/** Why a file does not play: the server is not there, it refuses and says why, the connection broke off, or the browser does not know how. */
export type Trouble = { kind: 'unreachable' } | { kind: 'refused'; status: number; said: string } | { kind: 'broken' } | { kind: 'unknown' };

/** How much of what the server says is shown. */
const longest = 300;

/** Asks for a file that does not play, for browsers do not tell what the answer was. decoded: it arrived, and could not be played. */
export async function whyNot(address: string, decoded: boolean): Promise<Trouble> {
  try {
    const answer = await fetch(address, { headers: { Range: 'bytes=0-0' }, cache: 'no-store' });
    if (answer.ok) {
      await answer.body?.cancel();
      return { kind: decoded ? 'unknown' : 'broken' };
    }
    return { kind: 'refused', status: answer.status, said: (await answer.text()).trim().slice(0, longest) || `HTTP ${answer.status}` };
  } catch {
    return { kind: 'unreachable' };
  }
}
