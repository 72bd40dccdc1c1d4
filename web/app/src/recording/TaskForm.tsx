import { useState } from 'react';
import { Alert, App, Button, Collapse, DatePicker, Flex, Input, Modal, Segmented, Select, Typography } from 'antd';
import dayjs from 'dayjs';
import { useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { useLive } from '../api/live';
import { useDomains, useTemplates } from './data';
import { SecondsInput } from './SecondsInput';
import { StreamFields } from './StreamFields';
import { options } from './summary';
import { taskWindow, type Mode, type When } from './taskWindow';
import { tasksTexts } from './tasksTexts';
import { texts } from './texts';
import { enabled, type RuleKey } from './types';

interface Props {
  /** domain, app, stream, start and end (Unix seconds), mode, template. */
  query: URLSearchParams;
  now: number;
  onClose: () => void;
  /** start and end in ms. */
  onMade: (id: string, start: number, end: number) => void;
}

interface Made {
  TaskId: string;
  Note: string;
}

const modes: Mode[] = ['now', 'past', 'window'];
const small = { fontSize: 12 };

/** A new task: from now on, of what has just been, or in a window. */
export function TaskForm({ query, now, onClose, onMade }: Props) {
  const t = useTexts(tasksTexts);
  const words = useTexts(texts);
  const { message } = App.useApp();
  const { templates } = useTemplates();
  const { streams } = useLive();
  const [key, setKey] = useState<RuleKey>(() => {
    // What is live, if it is one stream alone; most apps are called live.
    const only = streams.length === 1 ? streams[0] : undefined;
    return { DomainName: query.get('domain') ?? only?.DomainName ?? '', AppName: query.get('app') ?? only?.AppName ?? 'live', StreamName: query.get('stream') ?? only?.StreamName ?? '' };
  });
  const [touched, setTouched] = useState(false);
  const domains = useDomains();
  const domain = domains.length === 1 ? domains[0] : undefined;
  if (!key.DomainName && domain && !query.get('domain') && !touched) setKey({ ...key, DomainName: domain });
  const [when, setWhen] = useState<When>(() => initial(query, now));
  const [template, setTemplate] = useState<number>();
  const [extension, setExtension] = useState('');
  const [tried, setTried] = useState(false);
  const create = useChange<object, Made>('live', 'CreateRecordTask', ['recording', 'settings']);
  // What browsers play, if there is such a template.
  const usable = (templates ?? []).filter((p) => enabled(p).length > 0);
  const chosen = template ?? (Number(query.get('template')) || usable.find((p) => enabled(p).some((f) => f === 'mp4' || f === 'hls'))?.TemplateId || 0);
  const { start, end, mistake } = taskWindow(when, now);
  const slash = key.StreamName.includes('/');
  const good = key.DomainName && key.AppName && key.StreamName && !slash && !mistake;
  const save = () => {
    setTried(true);
    if (!good) return;
    const { StartTime, EndTime } = taskWindow(when, now);
    create.mutate({ ...key, ...(StartTime ? { StartTime } : {}), EndTime, TemplateId: chosen, Extension: extension }, {
      onSuccess: ({ TaskId, Note }) => {
        if (Note) void message.info(Note, 8);
        else void message.success(t.form.made);
        onMade(TaskId, start, end);
      },
    });
  };
  const need = (text: string, help?: string) => (tried && !text ? t.form.need : help);
  return (
    <Modal
      open
      width={640}
      title={t.form.title}
      onCancel={onClose}
      footer={[
        <Button key="cancel" onClick={onClose}>{t.form.cancel}</Button>,
        <Button key="save" type="primary" loading={create.isPending} onClick={save}>{t.form.save}</Button>,
      ]}
    >
      <Flex vertical gap={16}>
        <StreamFields
          id="task"
          value={key}
          onChange={(next) => {
            setTouched(true);
            setKey(next);
          }}
          newDomain={t.form.newDomain}
          labels={{ domain: t.form.domain, app: t.form.app, stream: t.form.name }}
          help={{ domain: need(key.DomainName) ?? '', app: need(key.AppName) ?? '', stream: slash ? t.form.slash : (need(key.StreamName, t.form.nameHelp) ?? '') }}
          wrong={{ domain: tried && !key.DomainName, app: tried && !key.AppName, stream: slash || (tried && !key.StreamName) }}
        />
        <div>
          <div id="task-when" style={{ marginBottom: 4 }}>{t.form.when}</div>
          <Segmented aria-labelledby="task-when" value={when.mode} options={modes.map((m) => ({ value: m, label: t.form.modes[m] }))} onChange={(mode) => setWhen({ ...when, mode })} />
          <Typography.Paragraph type="secondary" style={{ ...small, margin: '4px 0 8px' }}>{t.form.modeWhat[when.mode]}</Typography.Paragraph>
          <WhenFields when={when} onChange={setWhen} />
        </div>
        {mistake ? (
          <Alert type="error" showIcon title={t.form.wrong[mistake]} />
        ) : (
          <Alert
            type="info"
            title={
              <>
                {t.form.sum(dayjs(start).format('MM-DD HH:mm:ss'), dayjs(end).format('MM-DD HH:mm:ss'), words.spell((end - start) / 1000))}{' '}
                <Typography.Text type="secondary" style={small}>{t.zone(Intl.DateTimeFormat().resolvedOptions().timeZone, `UTC${dayjs(start).format('Z')}`)}</Typography.Text>
              </>
            }
          />
        )}
        <div>
          <label htmlFor="task-template" style={{ display: 'block', marginBottom: 4 }}>{t.form.template}</label>
          <Select
            id="task-template"
            style={{ width: '100%' }}
            value={chosen}
            onChange={setTemplate}
            options={[
              ...options(usable, words),
              { value: 0, label: t.form.none },
            ]}
          />
          <Typography.Text type="secondary" style={small}>{t.form.templateHelp}</Typography.Text>
        </div>
        <Collapse
          ghost
          size="small"
          style={{ margin: '-8px -12px' }}
          items={[{
            key: 'more',
            label: t.form.extension,
            children: (
              <>
                <Input aria-label={t.form.extension} maxLength={1024} value={extension} onChange={(e) => setExtension(e.target.value)} />
                <Typography.Text type="secondary" style={small}>{t.form.extensionHelp}</Typography.Text>
              </>
            ),
          }]}
        />
        {create.error && <Failure error={create.error} />}
      </Flex>
    </Modal>
  );
}

function initial(query: URLSearchParams, now: number): When {
  const [start, end] = [Number(query.get('start')) * 1000, Number(query.get('end')) * 1000];
  const mode = modes.find((m) => m === query.get('mode')) ?? (end ? 'window' : 'now');
  const hour = Math.ceil(now / 3_600_000) * 3_600_000;
  return { mode, length: 600, back: 300, goOn: 0, start: start || hour, end: end || hour + 3_600_000 };
}

function WhenFields({ when, onChange }: { when: When; onChange: (when: When) => void }) {
  const t = useTexts(tasksTexts);
  const field = (label: string, input: React.ReactNode, help?: string) => (
    <div>
      <div style={{ marginBottom: 4 }}>{label}</div>
      {input}
      {help && <div><Typography.Text type="secondary" style={small}>{help}</Typography.Text></div>}
    </div>
  );
  const units = ['s', 'min', 'h'] as const;
  const length = (label: string, name: 'length' | 'back' | 'goOn') => <SecondsInput label={label} units={units} max={86_400} value={when[name]} onChange={(n) => onChange({ ...when, [name]: n })} />;
  const moment = (label: string, name: 'start' | 'end') => (
    <DatePicker aria-label={label} showTime allowClear={false} needConfirm={false} value={dayjs(when[name])} onChange={(d) => d && onChange({ ...when, [name]: d.valueOf() })} />
  );
  return (
    <Flex gap={16} wrap>
      {when.mode === 'now' && field(t.form.length, length(t.form.length, 'length'), t.form.lengthHelp)}
      {when.mode === 'past' && (
        <>
          {field(t.form.back, length(t.form.back, 'back'))}
          {field(t.form.goOn, length(t.form.goOn, 'goOn'), t.form.goOnHelp)}
        </>
      )}
      {when.mode === 'window' && (
        <div>
          <Flex gap={16} wrap>
            {field(t.form.start, moment(t.form.start, 'start'))}
            {field(t.form.end, moment(t.form.end, 'end'))}
          </Flex>
          <Typography.Text type="secondary" style={small}>{t.form.windowHelp}</Typography.Text>
        </div>
      )}
    </Flex>
  );
}
