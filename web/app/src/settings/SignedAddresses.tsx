import { Button, Form, Input, InputNumber, Switch } from 'antd';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { Changed } from './Changed';
import { randomKey } from './key';
import type { PartProps } from './Play';
import { texts } from './playTexts';
import { useProtect } from './useProtect';
import { useStored } from './useStored';

interface Values {
  on: boolean;
  key: string;
  backup: string;
  hours: number;
}

/** Key hotlink protection: files play from signed addresses alone. */
export function SignedAddresses(props: PartProps) {
  const t = useTexts(texts);
  const [form] = Form.useForm<Values>();
  const { save, error, busy } = useProtect(props);
  const policy = props.protection.UrlSignatureAuthPolicy;
  const initial: Values = { on: policy.Status === 'Enabled', key: policy.EncryptedKey, backup: policy.BackupKey, hours: policy.Lifetime / 3600 };
  const { changed, take, saving } = useStored(form, initial);
  const on = Form.useWatch('on', form) ?? policy.Status === 'Enabled';
  const rule = { pattern: /^[A-Za-z0-9]{8,20}$/, message: t.keyRule };
  const make = (field: 'key' | 'backup') => (
    <Button size="small" type="link" style={{ padding: 0 }} onClick={() => form.setFields([{ name: field, value: randomKey(20), touched: true, errors: [] }])}>
      {t.random}
    </Button>
  );
  return (
    <Form<Values>
      form={form}
      name="signed"
      layout="vertical"
      initialValues={initial}
      onFinish={(v) =>
        save(
          {
            // What is not sent is kept: the keys of one that is off.
            UrlSignatureAuthPolicy: v.on
              ? { Status: 'Enabled', EncryptedKey: v.key, BackupKey: v.backup ?? '', Lifetime: Math.round((v.hours ?? 0) * 3600) }
              : ({ Status: 'Disabled' } as PartProps['protection']['UrlSignatureAuthPolicy']),
          },
          saving(),
        )
      }
    >
      <Form.Item name="on" label={t.needed} valuePropName="checked">
        <Switch />
      </Form.Item>
      {on && (
        <>
          <Form.Item name="key" label={t.key} extra={make('key')} rules={[rule, { required: true, message: t.keyNeeded }]}>
            <Input.Password autoComplete="off" />
          </Form.Item>
          <Form.Item name="backup" label={t.backup} extra={<>{t.backupAbout} {make('backup')}</>} rules={[rule]}>
            <Input.Password autoComplete="off" />
          </Form.Item>
          <Form.Item name="hours" label={t.lifetime} extra={t.lifetimeAbout}>
            <InputNumber min={0} max={87600} style={{ width: 160 }} />
          </Form.Item>
        </>
      )}
      {changed && !busy && <Changed take={take} />}
      {error && <Failure error={error} />}
      <Button type="primary" htmlType="submit" loading={busy}>
        {t.save}
      </Button>
    </Form>
  );
}
