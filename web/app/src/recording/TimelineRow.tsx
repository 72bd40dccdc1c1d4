import type { PointerEvent } from 'react';
import { PlusOutlined } from '@ant-design/icons';
import { Button, Flex, theme, Tooltip } from 'antd';
import dayjs from 'dayjs';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { useStateColor } from './StateTag';
import { tasksTexts } from './tasksTexts';
import { endOf, marks, place, recorded, type StreamRow, type View } from './timeline';
import type { Task } from './types';

interface Props {
  row: StreamRow;
  view: View;
  now: number;
  /** Width of the column with names; 0: names stand above their rows. */
  label: number;
  chosen: string | undefined;
  drag: View | undefined;
  onChoose: (task: Task) => void;
  onAdd: () => void;
  onPointerDown: (e: PointerEvent<HTMLElement>) => void;
  onPointerMove: (e: PointerEvent<HTMLElement>) => void;
  onPointerUp: (e: PointerEvent<HTMLElement>) => void;
  onPointerCancel: (e: PointerEvent<HTMLElement>) => void;
}

const lane = 28;

/** A stream with its tasks, and since when it is live. */
export function TimelineRow({ row, view, now, label, chosen, drag, onChoose, onAdd, ...pointer }: Props) {
  const t = useTexts(tasksTexts);
  const { token } = theme.useToken();
  const height = Math.max(1, row.lanes.length) * lane + 14;
  const name = `${row.key.AppName}/${row.key.StreamName}`;
  const past = Math.min(100, Math.max(0, place(view, now)));
  return (
    <div style={{ display: label ? 'flex' : 'block', borderTop: `1px solid ${token.colorSplit}` }}>
      <Flex align="center" gap={4} style={{ width: label || '100%', flex: 'none', padding: label ? '0 4px 0 12px' : '4px 8px 0', minWidth: 0, borderInlineEnd: label ? `1px solid ${token.colorSplit}` : undefined }}>
        {row.live && (
          <Tooltip title={t.liveSince(dayjs(row.live.StartTime).format('MM-DD HH:mm:ss'))}>
            <span role="img" aria-label={t.live} style={{ width: 8, height: 8, borderRadius: 4, background: token.colorError, flex: 'none' }} />
          </Tooltip>
        )}
        <div style={{ flex: 1, minWidth: 0 }} title={row.key.DomainName}>
          <Name>{name}</Name>
        </div>
        <Button type="text" size="small" icon={<PlusOutlined />} aria-label={t.createFor(name.slice(0, 80))} title={t.create} onClick={onAdd} />
      </Flex>
      <div {...pointer} style={{ position: 'relative', flex: 1, height, cursor: 'crosshair', touchAction: 'pan-y', overflow: 'hidden', userSelect: 'none' }}>
        <div style={{ position: 'absolute', insetBlock: 0, left: 0, width: `${past}%`, background: token.colorFillQuaternary }} />
        {marks(view, label ? 9 : 4).at.map((at) => (
          <div key={at} style={{ position: 'absolute', insetBlock: 0, left: `${place(view, at)}%`, borderInlineStart: `1px solid ${token.colorSplit}` }} />
        ))}
        {row.live && <Span view={view} from={row.live.StartTime} to={now} style={{ bottom: 0, height: 3, background: token.colorError }} />}
        {row.lanes.map((tasks, i) => tasks.map((task) => <Bar key={task.TaskId} {...{ task, view, now }} top={5 + i * lane} chosen={task.TaskId === chosen} onChoose={() => onChoose(task)} />))}
        {drag && drag.from !== drag.to && (
          <Span view={view} from={Math.min(drag.from, drag.to)} to={Math.max(drag.from, drag.to)} style={{ top: 3, bottom: 3, background: token.colorPrimaryBg, border: `1px dashed ${token.colorPrimary}`, borderRadius: 4, color: token.colorText, fontSize: 12, padding: '2px 6px', whiteSpace: 'nowrap' }}>
            {dayjs(Math.min(drag.from, drag.to)).format('HH:mm:ss')} – {dayjs(Math.max(drag.from, drag.to)).format('HH:mm:ss')}
          </Span>
        )}
      </div>
    </div>
  );
}

function Span({ view, from, to, style, children }: { view: View; from: number; to: number; style: React.CSSProperties; children?: React.ReactNode }) {
  const left = Math.max(-1, place(view, from));
  const right = Math.min(101, place(view, to));
  return right <= left ? null : <div style={{ position: 'absolute', left: `${left}%`, width: `${right - left}%`, pointerEvents: 'none', boxSizing: 'border-box', ...style }}>{children}</div>;
}

/** A task: its window, and within it when it really recorded. */
function Bar({ task, view, now, top, chosen, onChoose }: { task: Task; view: View; now: number; top: number; chosen: boolean; onChoose: () => void }) {
  const t = useTexts(tasksTexts);
  const { token } = theme.useToken();
  const colour = useStateColor(task.State);
  const from = task.StartTime * 1000;
  const to = endOf(task);
  const left = Math.max(-1, place(view, from));
  const right = Math.min(101, place(view, to));
  if (right < 0 || left > 100) return null;
  const inner: View = { from: view.from + ((view.to - view.from) * left) / 100, to: view.from + ((view.to - view.from) * right) / 100 };
  const state = t.states[task.State];
  const inside = task.FileIds.length > 0 ? `${state} · ${t.fileCount(task.FileIds.length)}` : state;
  const text = t.bar(`${task.AppName}/${task.StreamName}`.slice(0, 80), inside, dayjs(from).format('MM-DD HH:mm:ss'), dayjs(to).format('MM-DD HH:mm:ss'));
  return (
    <button
      type="button"
      onClick={onChoose}
      aria-label={text}
      aria-pressed={chosen}
      title={task.Reason ? `${text}\n${task.Reason}` : text}
      style={{
        position: 'absolute', top, height: lane - 4, left: `${left}%`, width: `max(${right - left}%, 8px)`, overflow: 'hidden', cursor: 'pointer', padding: 0, font: 'inherit', textAlign: 'start', color: token.colorText,
        backgroundColor: colour.bg, backgroundImage: hatched(task.State) ? `repeating-linear-gradient(135deg, transparent 0 5px, ${token['volcano-3']} 5px 6px)` : undefined, border: `1px ${task.State === 'waiting' ? 'dashed' : 'solid'} ${colour.line}`, borderRadius: 4, boxShadow: chosen ? `0 0 0 2px ${token.colorPrimary}` : undefined,
      }}
    >
      {recorded(task, now).map((r) => (
        <Span key={r.from} view={inner} from={r.from} to={r.to} style={{ bottom: 0, height: 4, background: colour.line }} />
      ))}
      <span style={{ position: 'relative', padding: left < 0 ? '0 6px 0 16px' : '0 6px', fontSize: 12, lineHeight: '20px', whiteSpace: 'nowrap' }}>
        {inside}
      </span>
    </button>
  );
}

/** Whether nothing came of a task. */
function hatched(state: Task['State']): boolean {
  return state === 'missed' || state === 'failed';
}
