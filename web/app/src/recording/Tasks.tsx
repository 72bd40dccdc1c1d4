import { useEffect, useState } from 'react';
import { LeftOutlined, MinusOutlined, PlusOutlined, RightOutlined } from '@ant-design/icons';
import { Alert, Button, Card, Empty, Flex, Grid, Input, Segmented, Select, Skeleton, Space, Typography } from 'antd';
import dayjs from 'dayjs';
import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { useLive } from '../api/live';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { mostTasks, useTasks } from './data';
import { TaskDrawer } from './TaskDrawer';
import { TaskForm } from './TaskForm';
import { TaskList } from './TaskList';
import { tasksTexts } from './tasksTexts';
import { around, fetched, moved, rows, seeing, spans, zoomed, type View } from './timeline';
import { Timeline } from './Timeline';
import type { RuleKey, TaskState } from './types';

const states: TaskState[] = ['waiting', 'recording', 'interrupted', 'done', 'stopped', 'missed', 'failed'];

/** Record tasks over time and as a list; the address says what is seen. */
export default function Tasks() {
  const t = useTexts(tasksTexts);
  const navigate = useNavigate();
  const { pathname, search } = useLocation();
  const [query, setQuery] = useSearchParams();
  const narrow = !(Grid.useBreakpoint().md ?? true);
  const [opened] = useState(() => Date.now());
  const { at: now = opened, streams } = useLive();
  const [view, setView, span] = useView(now);
  const asked = fetched(view);
  const { data, error, refetch } = useTasks(asked.from, asked.to);
  const find = query.get('find') ?? '';
  const state = query.getAll('state');
  const filter = (name: 'find' | 'state', values: string[]) =>
    setQuery((q) => {
      q.delete(name);
      values.filter(Boolean).forEach((v) => q.append(name, v));
      return q;
    }, { replace: true });
  const fits = (k: RuleKey) => `${k.DomainName}/${k.AppName}/${k.StreamName}`.toLowerCase().includes(find.toLowerCase());
  const seen = (data?.TaskList ?? []).filter((x) => x.EndTime * 1000 > view.from && x.StartTime * 1000 < view.to && fits(x) && (!state.length || state.includes(x.State)));
  const shown = rows(seen, view.from < now && view.to > now ? streams.filter(fits) : [], span * 0.015);
  const id = pathname.split('/')[3];
  const close = () => void navigate(`/recording/tasks${onlyView(query)}`);
  const create = (key?: RuleKey, window?: View) => void navigate(`/recording/tasks/new${addTask(query, key, window)}`);
  const newTask = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => create()}>
      {t.create}
    </Button>
  );
  return (
    <>
      <Flex gap={8} wrap align="center" style={{ marginBottom: 12 }}>
        {newTask}
        <Input allowClear placeholder={t.find} aria-label={t.find} value={find} onChange={(e) => filter('find', [e.target.value])} style={{ width: 190 }} />
        <Select mode="multiple" allowClear maxTagCount={1} placeholder={t.state} aria-label={t.state} value={state} style={{ minWidth: 140 }} options={states.map((s) => ({ value: s, label: t.states[s] }))} onChange={(v: string[]) => filter('state', v)} />
        <Flex gap={8} wrap align="center" style={{ marginInlineStart: narrow ? 0 : 'auto' }}>
          <Segmented<number>
            aria-label={t.window}
            value={span}
            options={Object.entries(spans).map(([k, value]) => ({ value, label: t.span[k as keyof typeof spans] }))}
            onChange={(chosen) => setView(around(now, chosen), true)}
          />
          <Space.Compact>
            <Button icon={<LeftOutlined />} aria-label={t.earlier} title={t.earlier} onClick={() => setView(moved(view, -0.5))} />
            <Button onClick={() => setView(around(now, span), true)}>{t.now}</Button>
            <Button icon={<RightOutlined />} aria-label={t.later} title={t.later} onClick={() => setView(moved(view, 0.5))} />
          </Space.Compact>
          <Space.Compact>
            <Button icon={<MinusOutlined />} aria-label={t.zoomOut} title={t.zoomOut} onClick={() => setView(zoomed(view, 2))} />
            <Button icon={<PlusOutlined />} aria-label={t.zoomIn} title={t.zoomIn} onClick={() => setView(zoomed(view, 0.5))} />
          </Space.Compact>
        </Flex>
      </Flex>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data && shown.length > 0 && (
        <Timeline view={view} onView={setView} rows={shown} now={now} narrow={narrow} chosen={id} onChoose={(task) => void navigate(`/recording/tasks/${task.TaskId}${search}`)} onCreate={create} />
      )}
      {data && !shown.length && (
        <Card>
          <Empty description={<>{t.none}<br />{t.noneNext}</>}>{newTask}</Empty>
        </Card>
      )}
      <Typography.Paragraph type="secondary" style={{ fontSize: 12, margin: '8px 0 20px' }}>
        {shown.length > 0 && t.how} {t.zone(Intl.DateTimeFormat().resolvedOptions().timeZone, `UTC${dayjs(now).format('Z')}`)}
      </Typography.Paragraph>
      {data?.ScrollToken && <Alert type="info" showIcon title={t.more(mostTasks)} style={{ marginBottom: 12 }} />}
      {seen.length > 0 && <TaskList tasks={seen} addressOf={(task) => `/recording/tasks/${task.TaskId}${search}`} />}
      {id === 'new' && <TaskForm query={query} now={now} onClose={close} onMade={(made, from, to) => {
        const next = seeing(view, { from, to }, now);
        if (next) setView(next, next.from === around(now, next.to - next.from).from);
        void navigate(`/recording/tasks/${made}${onlyView(query)}`);
      }} />}
      {id && id !== 'new' && <TaskDrawer id={id} onClose={close} onAgain={create} />}
    </>
  );
}

/** Waits so long before it writes to the address what is seen, in ms. */
const settle = 400;

/** What is seen: it follows the present until somebody moves it. The address has it, so that it can be passed on. */
function useView(now: number): [View, (view: View, follow?: boolean) => void, number] {
  const [query, setQuery] = useSearchParams();
  const { pathname } = useLocation();
  const [{ span, from }, set] = useState(() => ({ span: Number(query.get('span')) * 1000 || spans.h6, from: Number(query.get('at')) * 1000 || undefined }));
  useEffect(() => {
    const timer = setTimeout(() => {
      // Somebody is on the way to elsewhere, and must not be called back.
      if (!window.location.pathname.endsWith(pathname)) return;
      const wanted = { span: span === spans.h6 ? '' : String(Math.round(span / 1000)), at: from === undefined ? '' : String(Math.round(from / 1000)) };
      if ((query.get('span') ?? '') === wanted.span && (query.get('at') ?? '') === wanted.at) return;
      setQuery((q) => {
        for (const [name, value] of Object.entries(wanted)) {
          if (value) q.set(name, value);
          else q.delete(name);
        }
        return q;
      }, { replace: true });
    }, settle);
    return () => clearTimeout(timer);
  }, [span, from, query, setQuery, pathname]);
  const view = from === undefined ? around(now, span) : { from, to: from + span };
  return [view, (next, follow = false) => set({ span: next.to - next.from, from: follow ? undefined : next.from }), span];
}

/** The query without what the form of a new task had. */
function onlyView(query: URLSearchParams): string {
  const q = new URLSearchParams(query);
  for (const name of ['domain', 'app', 'stream', 'start', 'end', 'mode', 'template']) q.delete(name);
  return q.size ? `?${q}` : '';
}

function addTask(query: URLSearchParams, key: RuleKey | undefined, window: View | undefined): string {
  const q = new URLSearchParams(onlyView(query));
  if (key) for (const [name, value] of [['domain', key.DomainName], ['app', key.AppName], ['stream', key.StreamName]] as const) q.set(name, value);
  if (window) {
    q.set('start', String(Math.round(window.from / 1000)));
    q.set('end', String(Math.round(window.to / 1000)));
  }
  return q.size ? `?${q}` : '';
}
