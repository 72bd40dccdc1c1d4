type Ago = (n: number, unit: 's' | 'm' | 'h' | 'd') => string;

/** How long ago something was, in the largest unit of which it was at least one. */
export function ago(ms: number, texts: { ago: Ago; now: string }): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return texts.now;
  if (seconds < 3600) return texts.ago(Math.floor(seconds / 60), 'm');
  if (seconds < 86_400) return texts.ago(Math.floor(seconds / 3600), 'h');
  return texts.ago(Math.floor(seconds / 86_400), 'd');
}

/** Names of browsers and systems as they stand in a User-Agent, the most special first: many claim to be others as well. */
const browsers: [RegExp, string][] = [[/Edg(e|A|iOS)?\//, 'Edge'], [/OPR\//, 'Opera'], [/Firefox\/|FxiOS\//, 'Firefox'], [/(Headless)?Chrom(e|ium)\/|CriOS\//, 'Chrome'], [/Safari\//, 'Safari'], [/^curl\//, 'curl']];
const systems: [RegExp, string][] = [[/iPhone|iPad/, 'iOS'], [/Android/, 'Android'], [/Windows/, 'Windows'], [/Mac OS X|Macintosh/, 'macOS'], [/CrOS/, 'ChromeOS'], [/Linux|X11/, 'Linux']];

/** What a User-Agent tells people: its browser and its system, as far as they are known. */
export function agentOf(agent: string): { browser: string; system: string } {
  const find = (list: [RegExp, string][]) => list.find(([pattern]) => pattern.test(agent))?.[1] ?? '';
  return { browser: find(browsers), system: find(systems) };
}
