import { Descriptions, Drawer, Flex, Button, Grid, Result, Skeleton, Timeline, Typography } from 'antd';
import dayjs from 'dayjs';
import { Link } from 'react-router';
import { useAction } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { streamPath } from '../lib/format';
import { useUnderWay } from './data';
import { StateTag } from './StateTag';
import { TaskButtons } from './TaskButtons';
import { TaskFiles } from './TaskFiles';
import { TaskTemplate } from './TaskList';
import { tasksTexts } from './tasksTexts';
import { texts } from './texts';
import { windowText } from './windowText';
import type { RuleKey, Task } from './types';

interface Props {
  id: string;
  onClose: () => void;
  onAgain: (key: RuleKey) => void;
}

/** One task: what it is, what became of it, and its files. */
export function TaskDrawer({ id, onClose, onAgain }: Props) {
  const t = useTexts(tasksTexts);
  const wide = Grid.useBreakpoint().sm ?? true;
  const { data, error, refetch } = useAction<{ TaskList: Task[] }>('recording', 'live', 'DescribeLiveRecordTasks', { TaskIds: [id] });
  const task = data?.TaskList[0];
  return (
    <Drawer
      open
      onClose={onClose}
      size={wide ? 480 : '100%'}
      title={task ? <Name strong>{`${task.AppName}/${task.StreamName}`}</Name> : t.id}
      footer={
        task && (
          <Flex gap={8} wrap>
            <Button onClick={() => onAgain(task)}>{t.again}</Button>
            <TaskButtons task={task} wide onDeleted={onClose} />
          </Flex>
        )
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data && !task && <Result status="404" title={t.gone} />}
      {task && <Details task={task} />}
    </Drawer>
  );
}

function Details({ task }: { task: Task }) {
  const t = useTexts(tasksTexts);
  const words = useTexts(texts);
  const writing = useUnderWay(task.TaskId);
  const items = [
    { label: t.state, children: <Flex vertical gap={4} align="start"><StateTag state={task.State} reason={task.Reason} /><Typography.Text type="secondary">{task.Reason || t.stateWhat[task.State]}</Typography.Text></Flex> },
    { label: t.window, children: <>{windowText(task)}<br /><Typography.Text type="secondary">{words.spell(task.EndTime - task.StartTime)} · UTC{dayjs.unix(task.StartTime).format('Z')}</Typography.Text></> },
    { label: t.stream, children: <Link to={`/streams/${encodeURIComponent(task.DomainName)}/${streamPath(task.AppName, task.StreamName)}`}><Name>{`${task.DomainName}/${task.AppName}/${task.StreamName}`}</Name></Link> },
    { label: t.template, children: <TaskTemplate task={task} /> },
    { label: t.made, children: dayjs.unix(task.CreateTime).format('YYYY-MM-DD HH:mm:ss') },
    { label: t.id, children: <Typography.Text copyable style={{ fontSize: 12 }}>{task.TaskId}</Typography.Text> },
    ...(task.Action === 'CreateLiveRecord' ? [{ label: 'API', children: t.older }] : []),
    ...(task.Extension ? [{ label: t.extension, children: <Name>{task.Extension}</Name> }] : []),
  ];
  const heading = { fontSize: 15, marginTop: 20 };
  return (
    <>
      <Descriptions column={1} size="small" bordered items={items.map((item, key) => ({ key, ...item }))} styles={{ label: { width: 110 } }} />
      <Typography.Title level={3} style={heading}>{t.files}</Typography.Title>
      <TaskFiles ids={[...new Set([...task.FileIds, ...writing])]} writing={writing} />
      <Typography.Title level={3} style={heading}>{t.history}</Typography.Title>
      <Timeline
        items={task.HistorySet.map((step) => ({
          color: { waiting: 'blue', recording: 'red', interrupted: 'orange', done: 'green', stopped: 'gray', missed: 'red', failed: 'red' }[step.State],
          content: (
            <>
              {t.states[step.State]} <Typography.Text type="secondary">{dayjs(step.Time * 1000).format('YYYY-MM-DD HH:mm:ss')}</Typography.Text>
              {step.Reason && <div><Typography.Text type="secondary">{step.Reason}</Typography.Text></div>}
            </>
          ),
        }))}
      />
    </>
  );
}
