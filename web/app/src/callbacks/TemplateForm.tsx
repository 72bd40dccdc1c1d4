import { Button, Flex, Form, Input, Select, Space } from 'antd';
import type { ApiError } from '../api/client';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { byteLength, kinds, limits, type Template } from './api';
import { texts } from './texts';

export type Draft = Omit<Template, 'TemplateId'>;

interface Props {
  initial: Partial<Draft>;
  error: ApiError | null;
  busy: boolean;
  onSave: (draft: Draft) => void;
  onCancel: () => void;
}

/** The fields of a template, checked as the API does. */
export function TemplateForm({ initial, error, busy, onSave, onCancel }: Props) {
  const t = useTexts(texts);
  const [form] = Form.useForm<Draft>();
  const within = (n: number) => ({ validator: (_: unknown, text = '') => (byteLength(String(text)) > n ? Promise.reject(new Error(t.tooLong(n))) : Promise.resolve()) });
  const address = {
    validator: (_: unknown, text = '') => (!text || isAddress(String(text)) ? Promise.resolve() : Promise.reject(new Error(t.badUrl))),
  };
  const sameForAll = () => {
    const values = form.getFieldsValue();
    const one = kinds.map((k) => values[k.field]).find(Boolean);
    if (one) form.setFieldsValue(Object.fromEntries(kinds.map((k) => [k.field, one])) as Partial<Draft>);
  };
  const save = (draft: Draft) => {
    if (!kinds.some((k) => draft[k.field])) {
      form.setFields([{ name: 'StreamBeginNotifyUrl', errors: [t.needUrl] }]);
      form.getFieldInstance('StreamBeginNotifyUrl')?.focus();
      return;
    }
    // What was emptied is taken away; what was never there need not be said.
    onSave(Object.fromEntries(Object.entries(draft).map(([name, value]) => [name, value ?? (name === 'RecordExceptionLevels' ? [] : '')])) as unknown as Draft);
  };
  return (
    <Form form={form} layout="vertical" initialValues={initial} onFinish={save} scrollToFirstError style={{ maxWidth: 760 }}>
      <Form.Item name="TemplateName" label={t.name} extra={t.nameHint} rules={[{ required: true, message: t.needName }, { pattern: /^[\p{L}\p{M}\p{Nd}_-]*$/u, message: t.badName }, within(limits.name)]}>
        <Input autoFocus={!initial.TemplateName} />
      </Form.Item>
      <Form.Item name="Description" label={t.description} rules={[within(limits.description)]}>
        <Input.TextArea autoSize={{ minRows: 1, maxRows: 6 }} />
      </Form.Item>
      <Form.Item label={t.key} extra={t.keyHint} htmlFor="callback-key">
        <Space.Compact style={{ width: '100%' }}>
          <Form.Item name="CallbackKey" noStyle rules={[within(limits.key)]}>
            <Input.Password id="callback-key" autoComplete="new-password" />
          </Form.Item>
          <Button onClick={() => form.setFieldValue('CallbackKey', newKey())}>{t.generate}</Button>
        </Space.Compact>
      </Form.Item>
      <Flex justify="space-between" align="baseline" gap={12} wrap style={{ margin: '8px 0' }}>
        <span><strong>{t.urls}.</strong> {t.urlsHint}</span>
        <Button size="small" onClick={sameForAll}>{t.sameUrl}</Button>
      </Flex>
      {kinds.map((k) => (
        <Form.Item key={k.field} name={k.field} label={`${t.kind[k.type]} (${k.type})`} extra={t.about[k.field]} normalize={(text: string) => text.trim()} rules={[address, within(limits.url)]}>
          <Input placeholder="https://example.com/callback" inputMode="url" allowClear />
        </Form.Item>
      ))}
      <Form.Item name="RecordExceptionLevels" label={t.levels} extra={t.levelsHint}>
        <Select mode="multiple" allowClear options={(['info', 'warning', 'error'] as const).map((value) => ({ value, label: t.level[value] }))} />
      </Form.Item>
      {error && <Failure error={error} />}
      <Flex gap={8}>
        <Button type="primary" htmlType="submit" loading={busy}>{t.save}</Button>
        <Button onClick={onCancel}>{t.cancel}</Button>
      </Flex>
    </Form>
  );
}

/** What the server takes as a receiver; exported for tests. */
export function isAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && hostname !== '' && !username && !password;
}

function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(20)), (b) => b.toString(16).padStart(2, '0')).join('');
}
