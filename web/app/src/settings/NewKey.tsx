import { useEffect, useRef } from 'react';
import { Alert, Button, Flex, Form, Input, Modal } from 'antd';
import { useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { Copyable } from '../streams/Copyable';
import { accountTexts } from './accountTexts';

interface Made {
  AccessKey: { AccessKeyId: string; SecretAccessKey: string };
}

/** Makes a key, and shows its secret, which nobody sees again. */
export function NewKey({ close }: { close: () => void }) {
  const t = useTexts(accountTexts);
  const [form] = Form.useForm<{ Description: string }>();
  const make = useChange<{ Description: string }, Made>('cam', 'CreateAccessKey', ['keys']);
  const key = make.data?.AccessKey;
  const made = useRef<HTMLDivElement>(null);
  // The field that had the focus is gone.
  useEffect(() => {
    if (key) made.current?.focus();
  }, [key]);
  if (key) {
    return (
      <Modal open title={t.keyMade} closable={false} mask={{ closable: false }} keyboard={false} footer={<Button type="primary" onClick={close}>{t.stored}</Button>}>
        <Flex vertical gap={16} ref={made} tabIndex={-1} style={{ outline: 'none' }}>
          <Alert type="warning" showIcon title={t.once} />
          <Copyable label="SecretId" text={key.AccessKeyId} />
          <Copyable label="SecretKey" text={key.SecretAccessKey} />
          <Copyable label={t.copyBoth} text={`${key.AccessKeyId}:${key.SecretAccessKey}`} />
        </Flex>
      </Modal>
    );
  }
  return (
    <Modal open title={t.addKey} okText={t.addKey} cancelText={t.cancel} onCancel={close} onOk={() => form.submit()} confirmLoading={make.isPending}>
      {make.error && <Failure error={make.error} />}
      <Form form={form} layout="vertical" initialValues={{ Description: '' }} onFinish={({ Description }) => make.mutate({ Description: Description.trim() })}>
        <Form.Item name="Description" label={t.keyName} extra={t.keyNameHint}>
          <Input maxLength={1024} placeholder={t.keyNameExample} autoFocus />
        </Form.Item>
      </Form>
    </Modal>
  );
}
