import { useEffect } from 'react';

/** How many of the elements that had the focus are remembered: more than a dialog hides. */
const remembered = 20;

/**
 * Gives the focus back when the dialog that has it is taken from the page: to what had it last and can still be seen, such as the button that opened
 * it, or else to the page's heading.
 */
export function useGiveBack(): void {
  useEffect(() => {
    let had: Element[] = [];
    let inDialog = false;
    const note = ({ target }: FocusEvent) => {
      if (!(target instanceof Element)) return;
      // A drawer has the focus as a whole at first, around its dialog.
      inDialog = target.closest('[role="dialog"], .ant-drawer') !== null;
      had = [target, ...had.filter((e) => e !== target)].slice(0, remembered);
    };
    // Dialogs stand beside the page, each in a place of its own that goes with it.
    const places = new MutationObserver(() => {
      if (!inDialog || had[0]?.isConnected || document.activeElement !== document.body) return;
      const before = had.find((e) => e.isConnected && e.getClientRects().length > 0) ?? document.querySelector('h1');
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    });
    document.addEventListener('focusin', note);
    places.observe(document.body, { childList: true });
    return () => {
      document.removeEventListener('focusin', note);
      places.disconnect();
    };
  }, []);
}
