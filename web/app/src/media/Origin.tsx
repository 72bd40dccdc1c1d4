import { Button, Flex, Skeleton, Typography } from 'antd';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { useAction } from '../api/hooks';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { beginOf } from './begin';
import { filesOf, inApp } from './lookups';
import { moment, streamTitle } from './titles';
import { pathOf, type MediaInfo } from './types';
import { useWork } from './Work';
import { workTexts } from './workTexts';

interface Output {
  Items: { FileId: string }[] | null;
}

interface Detail {
  TaskType: string;
  ComposeMediaTask: { Output: Output | null } | null;
  LongTask: { FileId: string; Output: Output | null } | null;
}

/** How many sources are named at once. */
const shown = 20;

/** The files that a task made another one of, with what they were called; those that are gone, by their FileId. */
export function Sources({ taskId, app, close }: { taskId: string; app: number; close?: () => void }) {
  const t = useTexts(workTexts);
  const { data, error } = useAction<Detail>('work', 'vod', 'DescribeTaskDetail', { ...inApp(app), TaskId: taskId });
  const of = data?.LongTask ?? data?.ComposeMediaTask;
  const ids = [...new Set((of?.Output?.Items ?? []).map((item) => item.FileId))];
  const { data: files } = useQuery<MediaInfo[]>({ queryKey: ['media', 'sources', app, ids], queryFn: ({ signal }) => filesOf(app, ids.slice(0, shown), signal), enabled: ids.length > 0 });
  // Tasks are forgotten after some days.
  if (error) return <Typography.Text type="secondary">{t.forgotten}</Typography.Text>;
  if (!data || (ids.length > 0 && !files)) return <Skeleton active title={false} paragraph={{ rows: 1 }} />;
  if (!ids.length) return null;
  return (
    <Flex vertical gap={4}>
      {ids.slice(0, shown).map((id) => {
        const file = files?.find((f) => f.FileId === id);
        return file ? (
          <Link key={id} to={pathOf(id, app)} {...(close ? { onClick: close } : {})}>
            <Name>{streamTitle(file) ?? file.BasicInfo.Name}</Name>
            <Typography.Text type="secondary" style={{ display: 'block', fontSize: 12 }}>{moment(beginOf(file))}</Typography.Text>
          </Link>
        ) : (
          <Typography.Text key={id} type="secondary">{`${id}: ${t.gone}`}</Typography.Text>
        );
      })}
      {ids.length > shown && <Typography.Text type="secondary">{t.moreSources(ids.length - shown)}</Typography.Text>}
    </Flex>
  );
}

/** The task that made a file: opens it among the tasks. */
export function MadeBy({ taskId }: { taskId: string }) {
  const t = useTexts(workTexts);
  const { show } = useWork();
  const kind = /^\d+-([A-Za-z]+)-/.exec(taskId)?.[1] ?? '';
  return (
    <Flex gap={4} align="center" wrap>
      <Button type="link" size="small" style={{ padding: 0 }} onClick={() => show(taskId)}>{t.kinds[kind] ?? kind}</Button>
      <Typography.Text copyable={{ text: taskId, tooltips: [t.copyId, t.copied] }} />
    </Flex>
  );
}
