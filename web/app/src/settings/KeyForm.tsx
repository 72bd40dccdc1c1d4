import { Alert, App, Button, Form, Input, InputNumber, Skeleton, Switch, Typography } from 'antd';
import { useAction, useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { Changed } from './Changed';
import { randomKey } from './key';
import { texts } from './texts';
import { useStored } from './useStored';

interface Key {
  Enable: number;
  Master: string;
  Backup: string;
  AuthDelta: number;
}

const names = {
  push: { product: 'live', show: 'DescribeLivePushAuthKey', change: 'ModifyLivePushAuthKey', info: 'PushAuthKeyInfo', master: 'MasterAuthKey', backup: 'BackupAuthKey' },
  play: { product: 'live', show: 'DescribeLivePlayAuthKey', change: 'ModifyLivePlayAuthKey', info: 'PlayAuthKeyInfo', master: 'AuthKey', backup: 'AuthBackKey' },
} as const;

interface Props {
  domain: string;
  kind: 'push' | 'play';
}

/** The push or play key of a domain; both actions have the same four values under different names. */
export function KeyForm({ domain, kind }: Props) {
  const n = names[kind];
  const { data, error, refetch } = useAction<Record<string, Record<string, string | number>>>('settings', n.product, n.show, { DomainName: domain });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  const info = data?.[n.info];
  if (!info) return <Skeleton active />;
  return <Fields domain={domain} kind={kind} stored={{ Enable: Number(info.Enable), Master: String(info[n.master] ?? ''), Backup: String(info[n.backup] ?? ''), AuthDelta: Number(info.AuthDelta) }} />;
}

function Fields({ domain, kind, stored }: Props & { stored: Key }) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const [form] = Form.useForm<Key>();
  const { changed, take, saving } = useStored(form, stored);
  const n = names[kind];
  const change = useChange<Record<string, string | number>>(n.product, n.change, ['settings']);
  const make = (field: 'Master' | 'Backup') => (
    <Button size="small" type="link" onClick={() => form.setFields([{ name: field, value: randomKey(), touched: true, errors: [] }])}>
      {t.random}
    </Button>
  );
  const rule = { pattern: /^[\x21-\x7e]{0,128}$/, message: t.keyRule };
  return (
    <Form
      form={form}
      name={kind}
      layout="vertical"
      initialValues={stored}
      onFinish={(key) => {
        const saved = saving();
        change.mutate(
          // An empty key is one that stays as it is.
          { DomainName: domain, Enable: key.Enable, [n.master]: key.Master, [n.backup]: key.Backup, ...(key.Backup ? {} : { RemoveBackup: 1 }), AuthDelta: key.AuthDelta ?? 0 },
          {
            onSuccess: () => {
              saved();
              void message.success(t.saved);
            },
          },
        );
      }}
    >
      <Typography.Title level={3} style={{ fontSize: 16 }}>
        {kind === 'push' ? t.pushKey : t.playKey}
      </Typography.Title>
      <Alert type="info" showIcon title={kind === 'push' ? t.pushHint : t.playHint} style={{ marginBottom: 16 }} />
      <Form.Item name="Enable" label={t.needed} getValueProps={(value: number) => ({ checked: Boolean(value) })} normalize={Number}>
        <Switch />
      </Form.Item>
      <Form.Item name="Master" label={t.master} rules={[{ required: true, message: t.keyRule }, rule]} extra={make('Master')}>
        <Input.Password autoComplete="off" />
      </Form.Item>
      <Form.Item name="Backup" label={t.backup} rules={[rule]} extra={<>{make('Backup')} {t.backupHint}</>}>
        <Input.Password autoComplete="off" />
      </Form.Item>
      <Form.Item name="AuthDelta" label={t.delta}>
        <InputNumber min={0} max={315360000} precision={0} style={{ width: '100%' }} />
      </Form.Item>
      {changed && !change.isPending && <Changed take={take} />}
      {change.error && <Failure error={change.error} />}
      <Button type="primary" htmlType="submit" loading={change.isPending}>
        {t.save}
      </Button>
    </Form>
  );
}
