import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { UnorderedListOutlined } from '@ant-design/icons';
import { App, Badge, Button, Flex } from 'antd';
import { useNavigate, useSearchParams } from 'react-router';
import { useAction } from '../api/hooks';
import { useTexts } from '../i18n/texts';
import { filesOf, inApp } from './lookups';
import { madeBy } from './made';
import { failed, over, WorkDrawer, type Task } from './WorkDrawer';
import { workTexts } from './workTexts';
import { local, pathOf, saved } from './types';

interface Work {
  /** Shows the tasks, or one of them and what it was made of. */
  show: (taskId?: string) => void;
  /** Tells when a task that was made here has ended, and offers to play what it made, or to save it. */
  watch: (taskId: string, then?: 'play' | 'save') => void;
  underWay: number;
}

const Context = createContext<Work>({ show: () => undefined, watch: () => undefined, underWay: 0 });

export const useWork = () => useContext(Context);

/** Knows the long tasks of the application that is shown, wherever one is in the section. */
export function WorkProvider({ children }: { children: ReactNode }) {
  const t = useTexts(workTexts);
  const { notification } = App.useApp();
  const [query] = useSearchParams();
  const app = Number(query.get('app')) || 0;
  const [shown, setShown] = useState(false);
  const navigate = useNavigate();
  const watched = useRef(new Map<string, 'play' | 'save'>());
  const [wanted, setWanted] = useState<string>();
  const { data, error, refetch } = useAction<{ TaskSet: Task[] }>('work', 'vod', 'DescribeTasks', { ...inApp(app), Limit: 20 });
  const tasks = data?.TaskSet;
  const open = useCallback(
    (fileId: string, key: string) => {
      // What is told is shown above the pages, where links know nothing of them.
      notification.destroy(key);
      setShown(false);
      void navigate(pathOf(fileId, app));
    },
    [notification, navigate, app],
  );
  const tell = useCallback(
    async (task: Task, then: 'play' | 'save') => {
      const kind = t.kinds[task.TaskType] ?? task.TaskType;
      const made = await madeBy(task, app).catch(() => '');
      const [file] = made && then === 'save' ? await filesOf(app, [made]).catch(() => []) : [];
      const options = {
        key: task.TaskId,
        title: failed(task) ? t.wrong(kind) : t.made(kind),
        description: failed(task) ? task.Message : made && (
          <Flex gap={12}>
            {file && <Button type="primary" href={saved(local(file.BasicInfo.MediaUrl))} download onClick={() => notification.destroy(task.TaskId)}>{t.save}</Button>}
            <Button type="link" style={{ padding: 0 }} onClick={() => open(made, task.TaskId)}>{t.play}</Button>
          </Flex>
        ),
        // What somebody waits for to save it stays until it was seen.
        duration: failed(task) || file ? 0 : 8,
        placement: 'bottomRight' as const,
      };
      if (failed(task)) notification.error(options);
      else notification.success(options);
    },
    [t, app, notification, open],
  );
  useEffect(() => {
    for (const task of tasks ?? []) {
      const then = watched.current.get(task.TaskId);
      if (!then || !over(task)) continue;
      watched.current.delete(task.TaskId);
      void tell(task, then);
    }
  }, [tasks, tell]);
  const underWay = tasks?.filter((task) => !over(task)).length ?? 0;
  const value = useMemo<Work>(
    () => ({
      show: (taskId) => {
        setWanted(taskId);
        setShown(true);
      },
      watch: (taskId, then = 'play') => {
        watched.current.set(taskId, then);
        void refetch();
      },
      underWay,
    }),
    [underWay, refetch],
  );
  return (
    <Context value={value}>
      {children}
      <WorkDrawer key={wanted ?? ''} wanted={wanted} open={shown} close={() => setShown(false)} app={app} tasks={tasks} error={error} retry={() => void refetch()} />
    </Context>
  );
}

/** Opens the tasks; says how many are under way. */
export function WorkButton() {
  const t = useTexts(workTexts);
  const { show, underWay } = useWork();
  return (
    <Badge count={underWay} size="small">
      <Button icon={<UnorderedListOutlined />} onClick={() => show()} aria-label={underWay ? t.running(underWay) : t.tasks}>
        {t.tasks}
      </Button>
    </Badge>
  );
}
