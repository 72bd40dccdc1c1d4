/** What a key does with the player. */
export type KeyAction =
  | { kind: 'toggle' | 'mute' | 'full' | 'in' | 'out' }
  | { kind: 'seek'; by: number }
  | { kind: 'rate'; by: 1 | -1 }
  | { kind: 'share'; of: number };

const actions: Record<string, KeyAction> = {
  ' ': { kind: 'toggle' }, k: { kind: 'toggle' }, j: { kind: 'seek', by: -10 }, l: { kind: 'seek', by: 10 }, ArrowLeft: { kind: 'seek', by: -5 }, ArrowRight: { kind: 'seek', by: 5 },
  ',': { kind: 'seek', by: -0.04 }, '.': { kind: 'seek', by: 0.04 }, '<': { kind: 'rate', by: -1 }, '>': { kind: 'rate', by: 1 }, m: { kind: 'mute' }, f: { kind: 'full' }, i: { kind: 'in' }, o: { kind: 'out' },
  Home: { kind: 'share', of: 0 }, End: { kind: 'share', of: 1 },
};

/** What a key does; undefined for those of the browser, and while one types. Buttons and the like keep the keys that are theirs. */
export function keyAction(event: KeyboardEvent): KeyAction | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return undefined;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest('input, textarea, select, [contenteditable="true"], [role="combobox"], [role="menu"], [role="tablist"], [role="radiogroup"]')) return undefined;
  if (target?.closest('button, a, summary, [role="button"]') && (event.key === ' ' || event.key === 'Enter')) return undefined;
  if ((event.key === 'Home' || event.key === 'End') && !target?.closest('[role="slider"]')) return undefined;
  return actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
}
