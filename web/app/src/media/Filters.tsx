import { Col, DatePicker, Form, Input, Row, Select, TreeSelect } from 'antd';
import dayjs from 'dayjs';
import { useState, type ReactNode } from 'react';
import { useTexts } from '../i18n/texts';
import { sources, statuses, storageClasses, types, type Filters } from './filters';
import { useApps, useClasses } from './lookups';
import { TagInput } from './TagInput';
import { texts } from './texts';

interface Props {
  filters: Filters;
  change: (part: Partial<Filters>) => void;
  /** Tags that are to be seen, as suggestions: nobody lists all there are. */
  tags: string[];
}

/** All that files can be told apart by. Each change counts at once. */
export function FilterPanel({ filters: f, change, tags }: Props) {
  const t = useTexts(texts);
  const classes = useClasses(f.app, t.other);
  const apps = useApps();
  const choice = (values: string[], names: Record<string, string>) => values.map((value) => ({ value, label: names[value] ?? value.toUpperCase() }));
  const many = (id: string, value: string[], options: { value: string; label: string }[], to: (value: string[]) => Partial<Filters>) => (
    <Select id={id} mode="multiple" allowClear maxTagCount="responsive" placeholder={t.any} value={value} options={options} onChange={(v) => change(to(v))} />
  );
  return (
    <Form layout="vertical" component="div">
      <Row gutter={12}>
        <Field id="f-class" label={t.classOf}>
          <TreeSelect id="f-class" allowClear treeDefaultExpandAll treeData={classes} placeholder={t.any} value={f.classId ?? null} onChange={(v: number | null | undefined) => change({ classId: v ?? undefined } as Partial<Filters>)} />
        </Field>
        <Field id="f-tags" label={t.tags}>
          <TagInput short id="f-tags" placeholder={t.any} value={f.tags} change={(v) => change({ tags: v })} known={tags} />
        </Field>
        <Field id="f-type" label={t.type}>{many('f-type', f.types, choice(types, {}), (v) => ({ types: v }))}</Field>
        <Field id="f-source" label={t.source}>{many('f-source', f.sources, choice(sources, t.sources), (v) => ({ sources: v }))}</Field>
        <Field id="f-status" label={t.status}>{many('f-status', f.status, choice(statuses, t.states), (v) => ({ status: v }))}</Field>
        <Field id="f-storage" label={t.storage}>{many('f-storage', f.storage, choice(storageClasses, t.classes), (v) => ({ storage: v }))}</Field>
        <Field id="f-stream" label={t.stream}><Typed id="f-stream" value={f.stream} onChange={(stream) => change({ stream })} /></Field>
        <Field id="f-path" label={t.path}><Typed id="f-path" value={f.path} onChange={(path) => change({ path })} /></Field>
        <Field id="f-domain" label={t.domain}><Typed id="f-domain" value={f.domain} onChange={(domain) => change({ domain })} /></Field>
        <Field id="f-from" label={t.from}><Moment id="f-from" value={f.from} onChange={(from) => change({ from })} /></Field>
        <Field id="f-to" label={t.to}><Moment id="f-to" value={f.to} onChange={(to) => change({ to })} /></Field>
        {(apps.length > 1 || f.app > 0) && (
          <Field id="f-app" label={t.app}>
            <Select id="f-app" value={f.app} options={apps.map((a) => ({ value: a.SubAppId, label: a.SubAppId ? `${a.Name} (${a.SubAppId})` : t.primary }))} onChange={(app: number) => change({ app, classId: undefined } as Partial<Filters>)} />
          </Field>
        )}
      </Row>
    </Form>
  );
}

function Field({ id, label, children }: { id: string; label: string; children: ReactNode }) {
  return (
    <Col xs={24} sm={12} md={8} xl={4}>
      <Form.Item label={label} htmlFor={id} style={{ marginBottom: 12 }}>
        {children}
      </Form.Item>
    </Col>
  );
}

/** A text that counts when it is complete: names of streams are found exactly as they are. */
function Typed({ id, value, onChange }: { id: string; value: string; onChange: (value: string) => void }) {
  const t = useTexts(texts);
  const [text, setText] = useState<string>();
  const done = () => {
    if (text !== undefined && text !== value) onChange(text);
    setText(undefined);
  };
  return <Input id={id} allowClear placeholder={t.any} value={text ?? value} onChange={(e) => (e.type === 'click' ? onChange('') : setText(e.target.value))} onBlur={done} onPressEnter={done} />;
}

function Moment({ id, value, onChange }: { id: string; value: string; onChange: (value: string) => void }) {
  const t = useTexts(texts);
  const at = value ? dayjs(value) : null;
  return (
    <DatePicker
      id={id}
      showTime
      style={{ width: '100%' }}
      placeholder={t.any}
      value={at?.isValid() ? at : null}
      presets={[
        { label: t.today, value: dayjs().startOf('day') },
        { label: t.week, value: dayjs().subtract(7, 'day').startOf('day') },
        { label: t.month, value: dayjs().subtract(30, 'day').startOf('day') },
      ]}
      onChange={(v) => onChange(v ? v.toISOString() : '')}
    />
  );
}
