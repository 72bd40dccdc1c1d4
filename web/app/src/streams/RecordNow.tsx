import { useEffect, useRef, useState } from 'react';
import { App, Button, Form, Modal, Select, Typography } from 'antd';
import { useChange } from '../api/hooks';
import { useLive } from '../api/live';
import { Failure } from '../components/Failure';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { useOpenTasks, useTemplates } from '../recording/data';
import { options } from '../recording/summary';
import { texts as recordingTexts } from '../recording/texts';
import { enabled, type Task } from '../recording/types';
import { sameStream, type StreamKey } from './model';
import { texts } from './texts';

/** The longest a task may be, in seconds. */
const longest = 24 * 3600;

/** Records a stream by a task from now on, and ends what tasks record of it. What rules record goes on beside that. */
export function RecordNow({ stream, live }: { stream: StreamKey; live: boolean }) {
  const t = useTexts(texts);
  const { at = Date.now() } = useLive();
  const [asking, setAsking] = useState(false);
  const running = useOpenTasks().filter((task) => sameStream(task, stream) && task.StartTime * 1000 <= at);
  const recording = running.length > 0;
  const place = useRef<HTMLSpanElement>(null);
  const acted = useRef(false);
  // The button that was pressed goes when another takes its place; who uses keys stays there.
  useEffect(() => {
    if (acted.current && document.activeElement === document.body) place.current?.querySelector('button')?.focus();
    acted.current = false;
  }, [recording]);
  const act = () => {
    acted.current = true;
  };
  return (
    <>
      <span ref={place}>
        {recording ? <Stop tasks={running} act={act} /> : live && <Button icon={<Dot />} onClick={() => setAsking(true)}>{t.recordNow}</Button>}
      </span>
      {asking && <Ask stream={stream} act={act} close={() => setAsking(false)} />}
    </>
  );
}

function Stop({ tasks, act }: { tasks: Task[]; act: () => void }) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  // Each is ended by the family of actions that made it.
  const stop = useChange<object>('live', 'StopRecordTask', ['recording']);
  const stopOld = useChange<object>('live', 'StopLiveRecord', ['recording']);
  const end = (task: Task) => (task.Action === 'CreateLiveRecord' ? stopOld.mutateAsync({ StreamName: task.StreamName, TaskId: Number(task.TaskId) }) : stop.mutateAsync({ TaskId: task.TaskId }));
  const all = () => {
    act();
    return Promise.all(tasks.map(end)).then(() => void message.success(t.recordStopped), (error: Error) => void message.error(error.message));
  };
  return (
    <Popconfirm title={t.stopAsk(tasks.length)} description={<div style={{ maxWidth: 320 }}>{t.stopText}</div>} okText={t.stopRecording} onConfirm={all}>
      <Button icon={<Square />} loading={stop.isPending || stopOld.isPending}>
        {t.stopRecording}
      </Button>
    </Popconfirm>
  );
}

function Ask({ stream, act, close }: { stream: StreamKey; act: () => void; close: () => void }) {
  const t = useTexts(texts);
  const words = useTexts(recordingTexts);
  const { message } = App.useApp();
  const { at = Date.now() } = useLive();
  const { templates } = useTemplates();
  const [template, setTemplate] = useState<number>();
  const [seconds, setSeconds] = useState(longest);
  const create = useChange<object, { TaskId: string }>('live', 'CreateRecordTask', ['recording', 'settings']);
  // What browsers play, if there is such a template.
  const usable = (templates ?? []).filter((p) => enabled(p).length > 0);
  const chosen = template ?? usable.find((p) => enabled(p).some((f) => f === 'mp4' || f === 'hls'))?.TemplateId ?? 0;
  const record = () =>
    create.mutate(
      { ...stream, EndTime: Math.floor(at / 1000) + seconds, TemplateId: chosen },
      {
        onSuccess: () => {
          act();
          void message.success(t.recordBegun);
          close();
        },
      },
    );
  return (
    <Modal open title={t.recordNow} okText={t.record} okButtonProps={{ disabled: !templates }} confirmLoading={create.isPending} onOk={record} onCancel={close}>
      {create.error && <Failure error={create.error} />}
      <Typography.Paragraph type="secondary">{t.recordText}</Typography.Paragraph>
      <Form layout="vertical" component="div">
        <Form.Item label={t.template} htmlFor="record-template">
          <Select id="record-template" loading={!templates} value={chosen} onChange={setTemplate} options={[...options(usable, words), { value: 0, label: t.noTemplate }]} />
        </Form.Item>
        <Form.Item label={t.recordFor} htmlFor="record-for">
          <Select
            id="record-for"
            value={seconds}
            onChange={setSeconds}
            options={[...[600, 1800, 3600, 2 * 3600, 6 * 3600].map((n) => ({ value: n, label: words.spell(n) })), { value: longest, label: t.untilStopped }]}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}

/** As on the buttons of recorders. */
function Dot() {
  return <span aria-hidden style={{ display: 'inline-block', width: 10, height: 10, borderRadius: 5, background: '#cf1322' }} />;
}

function Square() {
  return <span aria-hidden style={{ display: 'inline-block', width: 10, height: 10, borderRadius: 1, background: 'currentColor' }} />;
}
