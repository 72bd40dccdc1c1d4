import { useEffect, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import { Flex, theme } from 'antd';
import { useTexts } from '../i18n/texts';
import { Scale } from './Scale';
import { tasksTexts } from './tasksTexts';
import { around, moved, place, snap, zoomed, type StreamRow, type View } from './timeline';
import { TimelineRow } from './TimelineRow';
import type { RuleKey, Task } from './types';

interface Props {
  view: View;
  onView: (view: View) => void;
  rows: StreamRow[];
  now: number;
  chosen: string | undefined;
  onChoose: (task: Task) => void;
  onCreate: (key: RuleKey, window?: View) => void;
  narrow: boolean;
}

/** A part of a row that is being dragged over, in ms. */
interface Drag {
  row: StreamRow;
  from: number;
  to: number;
}

/** Streams with their tasks over time. Dragging over a row makes a task; the scale moves and zooms. */
export function Timeline({ view, onView, rows, now, chosen, onChoose, onCreate, narrow }: Props) {
  const t = useTexts(tasksTexts);
  const { token } = theme.useToken();
  const [drag, setDrag] = useState<Drag>();
  const box = useRef<HTMLDivElement>(null);
  const label = narrow ? 0 : 190;
  useZoomWheel(box, label, view, onView);
  const momentAt = (e: PointerEvent<HTMLElement>) => {
    const { left, width } = e.currentTarget.getBoundingClientRect();
    return snap(view, view.from + ((e.clientX - left) / width) * (view.to - view.from));
  };
  const down = (row: StreamRow) => (e: PointerEvent<HTMLElement>) => {
    if (e.button !== 0 || (e.target as HTMLElement).closest('button')) return;
    e.currentTarget.setPointerCapture(e.pointerId);
    const at = momentAt(e);
    setDrag({ row, from: at, to: at });
  };
  const move = (e: PointerEvent<HTMLElement>) => {
    if (drag) setDrag({ ...drag, to: momentAt(e) });
  };
  const up = () => {
    setDrag(undefined);
    // A click is no drag.
    if (drag && drag.from !== drag.to) onCreate(drag.row.key, { from: Math.min(drag.from, drag.to), to: Math.max(drag.from, drag.to) });
  };
  const keys = (e: KeyboardEvent) => {
    const next = { ArrowLeft: () => moved(view, -0.1), ArrowRight: () => moved(view, 0.1), '+': () => zoomed(view, 0.5), '=': () => zoomed(view, 0.5), '-': () => zoomed(view, 2), Home: () => around(now, view.to - view.from) }[e.key];
    if (!next) return;
    e.preventDefault();
    onView(next());
  };
  const present = place(view, now);
  return (
    <div ref={box} style={{ position: 'relative', border: `1px solid ${token.colorBorderSecondary}`, borderRadius: token.borderRadiusLG, background: token.colorBgContainer, overflow: 'hidden' }}>
      <Flex>
        <div style={{ width: label, flex: 'none' }} />
        <Scale view={view} onView={onView} onKeyDown={keys} label={t.scale} most={narrow ? 4 : 9} />
      </Flex>
      <div style={{ position: 'relative' }}>
        {rows.map((row) => (
          <TimelineRow
            key={row.id}
            {...{ row, view, now, label, chosen, onChoose }}
            drag={drag?.row.id === row.id ? drag : undefined}
            onAdd={() => onCreate(row.key)}
            onPointerDown={down(row)}
            onPointerMove={move}
            onPointerUp={up}
            onPointerCancel={() => setDrag(undefined)}
          />
        ))}
      </div>
      {present >= 0 && present <= 100 && (
        <div style={{ position: 'absolute', top: 0, bottom: 0, left: label, right: 0, pointerEvents: 'none' }} aria-hidden>
          <div style={{ position: 'absolute', insetBlock: 0, left: `${present}%`, width: 0, borderInlineStart: `2px solid ${token.colorPrimary}` }} />
          <div style={{ position: 'absolute', top: 2, left: `${present}%`, transform: 'translateX(-50%)', background: token.colorPrimary, color: '#fff', fontSize: 11, lineHeight: '16px', borderRadius: 8, padding: '0 7px', whiteSpace: 'nowrap' }}>
            {t.now}
          </div>
        </div>
      )}
    </div>
  );
}

/** Zooms with the wheel and Ctrl, as maps do, and moves with what scrolls sideways. React's own listeners cannot keep the page from zooming. */
function useZoomWheel(box: React.RefObject<HTMLDivElement | null>, label: number, view: View, onView: (view: View) => void) {
  useEffect(() => {
    const element = box.current;
    const wheel = (e: WheelEvent) => {
      const sideways = e.shiftKey ? e.deltaY || e.deltaX : Math.abs(e.deltaX) > Math.abs(e.deltaY) ? e.deltaX : 0;
      if (!e.ctrlKey && !sideways) return;
      e.preventDefault();
      const { left, width } = element!.getBoundingClientRect();
      if (e.ctrlKey) onView(zoomed(view, Math.exp(Math.sign(e.deltaY) * 0.2), Math.min(1, Math.max(0, (e.clientX - left - label) / (width - label)))));
      else onView(moved(view, sideways / (width - label)));
    };
    element?.addEventListener('wheel', wheel, { passive: false });
    return () => element?.removeEventListener('wheel', wheel);
  }, [box, label, view, onView]);
}
