import { useState } from 'react';
import { Button, Flex, Form, Input, Modal, Select, Typography } from 'antd';
import { useMutation } from '@tanstack/react-query';
import { call, type ApiError } from '../api/client';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { kinds, type Exchange as Data, type Kind, type Template } from './api';
import { Exchange } from './Exchange';
import { texts } from './texts';

interface Props {
  template: Template;
  size?: 'small' | 'middle';
}

/** Sends a sample event to a template's receiver, or to another address, and shows the answer at once. */
export function TestButton({ template, size = 'middle' }: Props) {
  const t = useTexts(texts);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size={size} onClick={() => setOpen(true)} aria-label={`${t.test} ${template.TemplateName}`}>{t.test}</Button>
      <Modal open={open} onCancel={() => setOpen(false)} footer={null} width={720} title={t.testTitle} destroyOnHidden>
        <Test template={template} />
      </Modal>
    </>
  );
}

function Test({ template }: { template: Template }) {
  const t = useTexts(texts);
  const first = kinds.find((k) => template[k.field])?.type ?? 100;
  const [type, setType] = useState<Kind>(first);
  const [url, setUrl] = useState('');
  const send = useMutation<Data, ApiError>({
    mutationFn: () => call<Data>('live', 'TestLiveCallback', { TemplateId: template.TemplateId, EventType: type, ...(url ? { Url: url } : {}) }),
  });
  const own = template[kinds.find((k) => k.type === type)?.field ?? 'RecordNotifyUrl'];
  return (
    <Flex vertical gap={12}>
      <Typography.Text type="secondary">{t.testText}</Typography.Text>
      <Form layout="vertical" onFinish={() => send.mutate()}>
        <Form.Item label={t.testEvent} htmlFor="test-event">
          <Select id="test-event" value={type} onChange={setType} options={kinds.map((k) => ({ value: k.type, label: `${t.kind[k.type]} (${k.type})${template[k.field] ? '' : ` – ${t.noReceiver}`}` }))} />
        </Form.Item>
        <Form.Item label={t.testUrl} htmlFor="test-url">
          <Input id="test-url" value={url} onChange={(e) => setUrl(e.target.value.trim())} placeholder={own ? `${t.testFrom}: ${own}` : 'https://example.com/callback'} allowClear />
        </Form.Item>
        <Button type="primary" htmlType="submit" loading={send.isPending} disabled={!own && !url}>{send.data ? t.testAgain : t.testSend}</Button>
      </Form>
      <div aria-live="polite">{send.error ? <Failure error={send.error} /> : send.data && <Exchange data={send.data} />}</div>
    </Flex>
  );
}
