import { duration } from '../lib/format';
import { useTexts } from '../i18n/texts';
import { gapTexts } from './gapTexts';

/** What the server says of time between two pieces that were joined, where it is not known that nothing was recorded. */
export const leftOut = 'that time was left out';

/** Writes lengths of gaps: below a minute tenths count, for a gap of half a second is one. */
export function useLengths(): (seconds: number) => string {
  const t = useTexts(gapTexts);
  return (seconds) => (seconds < 60 ? t.seconds(seconds.toFixed(1)) : duration(seconds));
}

/** Says in the language of the page why something is missing. */
export function useWhy(): (reason: string) => string {
  const t = useTexts(gapTexts);
  return (reason) => t.why[reason] ?? reason;
}
