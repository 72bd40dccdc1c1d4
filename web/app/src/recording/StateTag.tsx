import { theme, Tooltip } from 'antd';
import { useTexts } from '../i18n/texts';
import { Mark } from './Mark';
import { tasksTexts } from './tasksTexts';
import type { TaskState } from './types';

/** The colours of a state on the timeline. */
export function useStateColor(state: TaskState): { bg: string; line: string } {
  const { token } = theme.useToken();
  // Of the palette, not of success and error: those are made for text.
  switch (state) {
    case 'waiting':
      return { bg: token['blue-1'], line: token['blue-6'] };
    case 'recording':
      return { bg: token['red-1'], line: token['red-6'] };
    case 'interrupted':
      return { bg: token['orange-1'], line: token['orange-6'] };
    case 'done':
      return { bg: token['green-1'], line: token['green-6'] };
    case 'stopped':
      return { bg: token.colorFillSecondary, line: token.colorTextTertiary };
  }
  return { bg: token.colorBgContainer, line: token['volcano-6'] };
}

const colours: Record<TaskState, string> = { waiting: 'blue', recording: 'red', interrupted: 'orange', done: 'green', stopped: 'default', missed: 'volcano', failed: 'volcano' };

/** A task's state, with what it means. */
export function StateTag({ state, reason = '' }: { state: TaskState; reason?: string }) {
  const t = useTexts(tasksTexts);
  return (
    <Tooltip title={reason ? `${t.stateWhat[state]} ${reason}` : t.stateWhat[state]}>
      <Mark color={colours[state]} tabIndex={0}>
        {state === 'recording' ? `● ${t.states[state]}` : t.states[state]}
      </Mark>
    </Tooltip>
  );
}
