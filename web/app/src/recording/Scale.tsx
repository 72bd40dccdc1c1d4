import { useRef, type KeyboardEvent, type PointerEvent } from 'react';
import { theme } from 'antd';
import dayjs from 'dayjs';
import { marks, place, type View } from './timeline';

interface Props {
  view: View;
  onView: (view: View) => void;
  onKeyDown: (e: KeyboardEvent) => void;
  label: string;
  /** How many marks there is room for. */
  most: number;
}

/** The times above the rows. Dragging it, and its keys, move what is seen. */
export function Scale({ view, onView, onKeyDown, label, most }: Props) {
  const { token } = theme.useToken();
  const grip = useRef<{ x: number; view: View }>(undefined);
  const { at, days } = marks(view, most);
  const down = (e: PointerEvent<HTMLDivElement>) => {
    if (e.button !== 0) return;
    e.currentTarget.setPointerCapture(e.pointerId);
    grip.current = { x: e.clientX, view };
  };
  const move = (e: PointerEvent<HTMLDivElement>) => {
    const held = grip.current;
    if (!held) return;
    const by = Math.round(((held.x - e.clientX) / e.currentTarget.getBoundingClientRect().width) * (held.view.to - held.view.from));
    onView({ from: held.view.from + by, to: held.view.to + by });
  };
  const up = () => (grip.current = undefined);
  return (
    <div
      role="application"
      tabIndex={0}
      aria-label={label}
      onKeyDown={onKeyDown}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      style={{ position: 'relative', flex: 1, height: 44, cursor: 'grab', touchAction: 'pan-y', userSelect: 'none', overflow: 'hidden', borderBottom: `1px solid ${token.colorBorderSecondary}` }}
    >
      {at.map((mark) => {
        const d = dayjs(mark);
        const midnight = d.hour() === 0 && d.minute() === 0;
        return (
          <div key={mark} style={{ position: 'absolute', left: `${place(view, mark)}%`, bottom: 0, paddingInlineStart: 5, borderInlineStart: `1px solid ${token.colorBorder}`, height: 20, fontSize: 12, color: token.colorTextSecondary, whiteSpace: 'nowrap', fontWeight: midnight && !days ? 600 : undefined }}>
            {days || midnight ? d.format('MM-DD') : d.format('HH:mm')}
          </div>
        );
      })}
    </div>
  );
}
