import { useState } from 'react';
import { Button, Drawer, Empty, Flex, Progress, Skeleton, Tag, Typography } from 'antd';
import dayjs from 'dayjs';
import { Link } from 'react-router';
import { useAction, useChange } from '../api/hooks';
import type { ApiError } from '../api/client';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { duration } from '../lib/format';
import { inApp } from './lookups';
import { makers, useMade } from './made';
import { Sources } from './Origin';
import { pathOf, type Found } from './types';
import { workTexts } from './workTexts';

/** A long task, as DescribeTasks lists it. */
export interface Task {
  TaskId: string;
  Status: 'WAITING' | 'PROCESSING' | 'FINISH' | 'ABORTED';
  TaskType: string;
  FileId: string;
  CreateTime: string;
  BeginProcessTime: string;
  FinishTime: string;
  Progress: number;
  ErrCode: number;
  Message: string;
}

export const over = (task: Task): boolean => task.Status === 'FINISH' || task.Status === 'ABORTED';
export const failed = (task: Task): boolean => task.ErrCode !== 0 && over(task);

interface Props {
  open: boolean;
  /** The task whose details are open. */
  wanted: string | undefined;
  close: () => void;
  app: number;
  tasks: Task[] | undefined;
  error: ApiError | null;
  retry: () => void;
}

/** The long tasks of the last days: how far they are, and what came of them. */
export function WorkDrawer({ open, wanted, close, app, tasks, error, retry }: Props) {
  const t = useTexts(workTexts);
  const made = useMade(tasks ?? [], app, open);
  const ids = [...new Set((tasks ?? []).map((task) => made.get(task.TaskId) || task.FileId).filter(Boolean))].slice(0, 20);
  const { data, isPlaceholderData } = useAction<Found>('media', 'vod', 'DescribeMediaInfos', { ...inApp(app), FileIds: ids, Filters: ['basicInfo'] }, { enabled: open && ids.length > 0, keep: true });
  const names = new Map(data?.MediaInfoSet.map((info) => [info.FileId, info.BasicInfo.Name]));
  return (
    <Drawer open={open} onClose={close} title={t.tasks} size={420} styles={{ body: { padding: 16 } }}>
      {error && <Failure error={error} retry={retry} />}
      {!tasks && !error && <Skeleton active />}
      {tasks?.length === 0 && <Empty description={t.empty} />}
      <Flex vertical gap={16} component="ul" style={{ listStyle: 'none', padding: 0, margin: 0 }}>
        {tasks?.map((task) => (
          <li key={task.TaskId}>
            <Line task={task} begin={task.TaskId === wanted} app={app} file={made.get(task.TaskId) || task.FileId} name={data && !isPlaceholderData ? (names.get(made.get(task.TaskId) || task.FileId) ?? '') : undefined} close={close} />
          </li>
        ))}
      </Flex>
    </Drawer>
  );
}

function Line({ task, begin, app, file, name, close }: { task: Task; begin: boolean; app: number; file: string; name: string | undefined; close: () => void }) {
  const t = useTexts(workTexts);
  const [open, setOpen] = useState(begin);
  const abort = useChange<object>('vod', 'ManageTask', ['work']);
  const state = failed(task) ? 'FAILED' : task.Status;
  const took = task.FinishTime && task.BeginProcessTime ? dayjs(task.FinishTime).diff(task.BeginProcessTime, 'second') : 0;
  return (
    <Flex vertical gap={4}>
      <Flex gap={8} align="center">
        <Typography.Text strong>{t.kinds[task.TaskType] ?? task.TaskType}</Typography.Text>
        <Tag color={{ WAITING: 'default', PROCESSING: 'processing', FINISH: 'success', ABORTED: 'default', FAILED: 'error' }[state]}>{t.states[state]}</Tag>
        <Typography.Text type="secondary" style={{ marginInlineStart: 'auto', fontSize: 12 }}>
          {dayjs(task.CreateTime).format('MM-DD HH:mm:ss')}
        </Typography.Text>
      </Flex>
      {file && name !== '' && (
        <Link to={pathOf(file, app)} onClick={close}>
          <Name>{name ?? `${t.file} ${file}`}</Name>
        </Link>
      )}
      {file && name === '' && <Typography.Text type="secondary">{`${t.file} ${file}: ${t.gone}`}</Typography.Text>}
      {!over(task) && <Progress percent={task.Progress} size="small" status="active" aria-label={t.progress} />}
      {failed(task) && <Typography.Text type="danger">{task.Message}</Typography.Text>}
      <Flex gap={12} align="center">
        {took > 0 && <Typography.Text type="secondary" style={{ fontSize: 12 }}>{t.took(duration(took))}</Typography.Text>}
        {(task.TaskType === 'Procedure' || (makers.includes(task.TaskType) && task.Status === 'FINISH')) && (
          <Button size="small" type="link" style={{ padding: 0 }} aria-expanded={open} onClick={() => setOpen(!open)}>
            {t.details}
          </Button>
        )}
        {task.Status === 'WAITING' && (
          <Button size="small" loading={abort.isPending} onClick={() => abort.mutate({ ...inApp(app), TaskId: task.TaskId, OperationType: 'Abort' })}>
            {t.abort}
          </Button>
        )}
      </Flex>
      {abort.error && <Failure error={abort.error} />}
      {open && (task.TaskType === 'Procedure' ? <Steps taskId={task.TaskId} app={app} /> : <Made taskId={task.TaskId} app={app} close={close} />)}
    </Flex>
  );
}

function Made({ taskId, app, close }: { taskId: string; app: number; close: () => void }) {
  const t = useTexts(workTexts);
  return (
    <Flex vertical gap={4} style={{ paddingInlineStart: 12 }}>
      <Typography.Text type="secondary">{t.sources}</Typography.Text>
      <Sources taskId={taskId} app={app} close={close} />
      <Typography.Text type="secondary" copyable style={{ fontSize: 12 }}>{taskId}</Typography.Text>
    </Flex>
  );
}

interface Step {
  Type: string;
  [result: string]: unknown;
}

/** What a task flow does, step by step. */
function Steps({ taskId, app }: { taskId: string; app: number }) {
  const t = useTexts(workTexts);
  const { data, error } = useAction<{ ProcedureTask: { MediaProcessResultSet: Step[] } | null }>('work', 'vod', 'DescribeTaskDetail', { ...inApp(app), TaskId: taskId });
  if (error) return <Failure error={error} />;
  return (
    <Flex vertical gap={4} style={{ paddingInlineStart: 12 }}>
      {data?.ProcedureTask?.MediaProcessResultSet.map((step, i) => {
        const task = Object.values(step).find((v): v is { Status: string; Message?: string; Progress?: number; ErrCode?: number } => typeof v === 'object' && v !== null && 'Status' in v);
        const state = task?.ErrCode ? 'FAILED' : (task?.Status ?? '').replace('SUCCESS', 'FINISH').replace(/^FAIL$/, 'FAILED');
        return (
          <Flex key={i} gap={8} wrap>
            <span>{t.steps[step.Type] ?? step.Type}</span>
            <Typography.Text type={state === 'FAILED' ? 'danger' : 'secondary'}>{`${t.states[state] ?? state}${state === 'PROCESSING' && task?.Progress ? ` ${task.Progress} %` : ''}`}</Typography.Text>
            {state === 'FAILED' && <Typography.Text type="danger">{task?.Message}</Typography.Text>}
          </Flex>
        );
      })}
    </Flex>
  );
}
