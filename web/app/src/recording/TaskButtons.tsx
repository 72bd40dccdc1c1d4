import { DeleteOutlined } from '@ant-design/icons';
import { App, Button, Space } from 'antd';
import { useChange } from '../api/hooks';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { tasksTexts } from './tasksTexts';
import { over, type Task } from './types';

interface Props {
  task: Task;
  /** With words beside the icons. */
  wide?: boolean;
  onDeleted?: () => void;
}

/** Stops and deletes a task, by the actions of the family that made it. */
export function TaskButtons({ task, wide = false, onDeleted }: Props) {
  const t = useTexts(tasksTexts);
  const { message } = App.useApp();
  const old = task.Action === 'CreateLiveRecord';
  const stop = useChange<object>('live', old ? 'StopLiveRecord' : 'StopRecordTask', ['recording']);
  const remove = useChange<object>('live', old ? 'DeleteLiveRecord' : 'DeleteRecordTask', ['recording']);
  const key = old ? { StreamName: task.StreamName, TaskId: Number(task.TaskId) } : { TaskId: task.TaskId };
  const failed = (error: Error) => void message.error(error.message);
  const looks = { size: wide ? 'middle' : 'small', type: wide ? 'default' : 'text' } as const;
  const name = `${task.AppName}/${task.StreamName}`.slice(0, 80);
  return (
    <Space size={4}>
      {!over(task.State) && (
        <Popconfirm title={t.stopAsk} description={<div style={{ maxWidth: 260 }}>{t.stopWhat}</div>} okText={t.stop} onConfirm={() => stop.mutateAsync(key).then(() => void message.success(t.stoppedDone), failed)}>
          <Button {...looks} icon={<Square />} aria-label={`${t.stop} ${name}`} title={t.stop}>{wide && t.stop}</Button>
        </Popconfirm>
      )}
      <Popconfirm
        title={t.removeAsk}
        description={<div style={{ maxWidth: 260 }}>{t.removeWhat}</div>}
        okText={t.remove}
        okButtonProps={{ danger: true }}
        onConfirm={() => remove.mutateAsync(key).then(() => {
          void message.success(t.removedDone);
          onDeleted?.();
        }, failed)}
      >
        <Button {...looks} danger icon={<DeleteOutlined />} aria-label={`${t.remove} ${name}`} title={t.remove}>{wide && t.remove}</Button>
      </Popconfirm>
    </Space>
  );
}

/** As on the buttons of players. */
function Square() {
  return <span aria-hidden style={{ display: 'inline-block', width: 10, height: 10, borderRadius: 1, background: 'currentColor' }} />;
}
