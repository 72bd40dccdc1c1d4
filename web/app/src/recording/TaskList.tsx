import { useState } from 'react';
import { Flex, Grid, Table, Typography, type TableColumnsType } from 'antd';
import { Link } from 'react-router';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { useAllUnderWay, useFileNames, type FileInfo } from './data';
import { FormatTag } from './FormatTag';
import { StateTag } from './StateTag';
import { TaskButtons } from './TaskButtons';
import { TemplateLink } from './TemplateLink';
import { tasksTexts } from './tasksTexts';
import { texts } from './texts';
import { windowText } from './windowText';
import type { Task } from './types';

/** How many tasks are on a page, and how many finished files of a task are named. */
const pageSize = 20;
const few = 3;

/** The tasks as a table, those that begin last first. */
export function TaskList({ tasks, addressOf }: { tasks: Task[]; addressOf: (task: Task) => string }) {
  const t = useTexts(tasksTexts);
  const words = useTexts(texts);
  const narrow = !(Grid.useBreakpoint().md ?? true);
  const [page, setPage] = useState(1);
  const sorted = [...tasks].sort((a, b) => b.StartTime - a.StartTime);
  const current = Math.min(page, Math.max(1, Math.ceil(sorted.length / pageSize)));
  const underWay = useAllUnderWay();
  const filesOf = (x: Task) => [...new Set([...x.FileIds.slice(0, few), ...(underWay.get(x.TaskId) ?? [])])];
  const names = useFileNames(sorted.slice((current - 1) * pageSize, current * pageSize).flatMap(filesOf));
  const columns: TableColumnsType<Task> = [
    { title: t.state, width: 120, render: (_, x: Task) => <StateTag state={x.State} reason={x.Reason} /> },
    {
      title: t.stream,
      render: (_, x: Task) => (
        <>
          <Link to={addressOf(x)}><Name>{`${x.AppName}/${x.StreamName}`}</Name></Link>
          <div><Typography.Text type="secondary" style={{ fontSize: 12 }}>{x.DomainName}</Typography.Text></div>
        </>
      ),
    },
    {
      title: t.window,
      width: 300,
      render: (_, x: Task) => (
        <>
          {windowText(x)}
          <div><Typography.Text type="secondary" style={{ fontSize: 12 }}>{words.spell(x.EndTime - x.StartTime)}</Typography.Text></div>
        </>
      ),
    },
    { title: t.template, width: 170, render: (_, x: Task) => <TaskTemplate task={x} /> },
    {
      title: t.files,
      width: 240,
      render: (_, x: Task) => <Files task={x} ids={filesOf(x)} names={names} more={addressOf(x)} />,
    },
    { key: 'actions', width: 96, align: 'end', render: (_, x: Task) => <TaskButtons task={x} /> },
  ];
  // On a phone everything of a task stands in one column.
  const together: TableColumnsType<Task> = [
    {
      title: t.stream,
      render: (_, x: Task) => (
        <Flex vertical gap={4}>
          <Flex gap={8} align="center" justify="space-between">
            <Link to={addressOf(x)}><Name strong>{`${x.AppName}/${x.StreamName}`}</Name></Link>
            <TaskButtons task={x} />
          </Flex>
          <div><StateTag state={x.State} reason={x.Reason} /></div>
          <span>{windowText(x)}</span>
          <TaskTemplate task={x} />
          <Files task={x} ids={filesOf(x)} names={names} more={addressOf(x)} />
        </Flex>
      ),
    },
  ];
  return (
    <>
      <Typography.Title level={2} style={{ fontSize: 18, margin: '0 0 12px' }}>
        {t.list}
      </Typography.Title>
      <Table<Task>
        size="small"
        rowKey="TaskId"
        tableLayout="fixed"
        columns={narrow ? together : columns}
        showHeader={!narrow}
        dataSource={sorted}
        pagination={tasks.length > pageSize ? { pageSize, current, onChange: setPage, showSizeChanger: false } : false}
        {...(narrow ? {} : { scroll: { x: 900 } })}
      />
    </>
  );
}

/** The first files, and those that are being written. */
function Files({ task, ids, names, more }: { task: Task; ids: string[]; names: ReadonlyMap<string, FileInfo | null>; more: string }) {
  const t = useTexts(tasksTexts);
  return (
    <Flex vertical gap={2}>
      {ids.map((id) => {
        const file = names.get(id);
        const writing = !task.FileIds.includes(id);
        // What is being written comes into the catalogue a moment later.
        if (file === null && !writing) return <Typography.Text key={id} type="secondary">{t.lost(id)}</Typography.Text>;
        return (
          <Flex key={id} gap={6} align="baseline">
            {file && <FormatTag format={file.BasicInfo.Type} />}
            {writing && <Typography.Text type="danger" role="img" aria-label={t.recordingFile} title={t.recordingFile}>●</Typography.Text>}
            <Link to={`/media/${id}`} style={{ minWidth: 0 }}>{!file ? '…' : <Name>{file.BasicInfo.Name || id}</Name>}</Link>
          </Flex>
        );
      })}
      {task.FileIds.length > few && <Link to={more}>+{task.FileIds.length - few}</Link>}
    </Flex>
  );
}

/** What a task records with. */
export function TaskTemplate({ task }: { task: Task }) {
  const t = useTexts(tasksTexts);
  return task.TemplateId ? <TemplateLink id={task.TemplateId} /> : <Typography.Text type="secondary">{t.defaultFormat(task.Format)}</Typography.Text>;
}
