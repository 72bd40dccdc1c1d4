import { Alert, App, Button, Card, Checkbox, Flex, Form, Input, Radio, Select, Skeleton, Switch, Typography } from 'antd';
import { Link, useSearchParams } from 'react-router';
import { useAction, useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { Changed } from '../settings/Changed';
import { useStored } from '../settings/useStored';
import { isAddress } from './TemplateForm';
import { texts } from './texts';

interface Config {
  Mode: 'PULL' | 'PUSH';
  NotificationUrl: string;
  UploadMediaCompleteEventSwitch: string;
  DeleteMediaCompleteEventSwitch: string;
  PersistenceCompleteEventSwitch: string;
  WaitingCount: number;
}

const switches = [
  ['UploadMediaCompleteEventSwitch', 'uploaded'],
  ['DeleteMediaCompleteEventSwitch', 'deleted'],
  ['PersistenceCompleteEventSwitch', 'persisted'],
] as const;

/** How programs are told of what happens in the catalogue. */
export function MediaEvents() {
  const t = useTexts(texts);
  const [search, setSearch] = useSearchParams();
  const app = Number(search.get('app')) || 0;
  const { data: apps } = useAction<{ SubAppIdInfoSet: { SubAppId: number; Name: string }[] }>('settings', 'vod', 'DescribeSubAppIds');
  const { data, error, refetch } = useAction<Config>('callbacks', 'vod', 'DescribeEventConfig', { SubAppId: app });
  return (
    <Flex vertical gap={12}>
      <Typography.Text type="secondary">{t.mediaText}</Typography.Text>
      {(apps?.SubAppIdInfoSet.length ?? 0) > 1 && (
        <Select aria-label={t.subApp} style={{ maxWidth: 320 }} value={app} onChange={(id) => setSearch(id ? { app: String(id) } : {})} options={apps?.SubAppIdInfoSet.map((a) => ({ value: a.SubAppId, label: a.SubAppId ? `${a.Name} (${a.SubAppId})` : t.primary }))} />
      )}
      {error ? <Failure error={error} retry={() => void refetch()} /> : !data ? <Skeleton active /> : <Settings key={app} app={app} config={data} />}
    </Flex>
  );
}

/** What can be read back. */
interface Stored extends Record<(typeof switches)[number][0], boolean> {
  Mode: Config['Mode'];
  NotificationUrl: string;
}

interface Draft extends Stored {
  SignKey?: string;
  dropKey?: boolean;
}

function Settings({ app, config }: { app: number; config: Config }) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const on = (name: (typeof switches)[number][0]) => config[name] === 'ON';
  const stored: Stored = {
    Mode: config.Mode, NotificationUrl: config.NotificationUrl, UploadMediaCompleteEventSwitch: on('UploadMediaCompleteEventSwitch'),
    DeleteMediaCompleteEventSwitch: on('DeleteMediaCompleteEventSwitch'), PersistenceCompleteEventSwitch: on('PersistenceCompleteEventSwitch'),
  };
  const { changed, take, saving } = useStored(form, stored);
  const pushed = Form.useWatch('Mode', form) === 'PUSH';
  const modify = useChange<object>('vod', 'ModifyEventConfig', ['callbacks']);
  const save = ({ SignKey, dropKey, ...draft }: Draft) => {
    const saved = saving();
    return modify
      .mutateAsync({
        SubAppId: app, Mode: draft.Mode, NotificationUrl: draft.NotificationUrl ?? config.NotificationUrl,
        ...Object.fromEntries(switches.map(([name]) => [name, draft[name] ? 'ON' : 'OFF'])),
        ...(dropKey ? { SignKey: '' } : SignKey ? { SignKey } : {}),
      })
      .then(
        () => {
          saved();
          form.resetFields(['SignKey', 'dropKey']);
          return message.success(t.saved);
        },
        () => undefined, // shown below
      );
  };
  return (
    <>
      <Alert
        type={config.WaitingCount ? 'info' : 'success'}
        showIcon
        title={`${t.waitingCount(config.WaitingCount)} ${config.Mode === 'PUSH' ? t.waitPush : t.waitPull}`}
        description={config.Mode === 'PULL' && <Link to="/explorer/vod/PullEvents">{t.tryPull}</Link>}
      />
      <Card>
        <Form<Draft>
          form={form}
          layout="vertical"
          style={{ maxWidth: 640 }}
          onFinish={save}
          initialValues={stored}
        >
          <Form.Item name="Mode" label={t.mode}>
            <Radio.Group options={[{ value: 'PULL', label: t.pull }, { value: 'PUSH', label: t.push }]} />
          </Form.Item>
          {pushed && (
            <>
              <Form.Item name="NotificationUrl" label={t.pushUrl} rules={[{ validator: (_, text: string) => (text && !isAddress(text) ? Promise.reject(new Error(t.badUrl)) : Promise.resolve()) }]}>
                <Input inputMode="url" placeholder="https://example.com/events" allowClear />
              </Form.Item>
              <Form.Item name="SignKey" label={t.signKey} extra={t.signKeyHint} rules={[{ pattern: /^[A-Za-z0-9]{0,32}$/, message: t.badSignKey }]}>
                <Input.Password autoComplete="new-password" />
              </Form.Item>
              <Form.Item name="dropKey" valuePropName="checked"><Checkbox>{t.dropKey}</Checkbox></Form.Item>
            </>
          )}
          <Typography.Paragraph strong style={{ marginBottom: 8 }}>{t.switches}</Typography.Paragraph>
          {switches.map(([name, label]) => (
            <Flex key={name} gap={10} align="center" style={{ marginBottom: 10 }}>
              <Form.Item name={name} valuePropName="checked" noStyle><Switch aria-label={t[label]} /></Form.Item>
              {t[label]}
            </Flex>
          ))}
          <Typography.Paragraph type="secondary">{t.always}</Typography.Paragraph>
          {changed && !modify.isPending && <Changed take={take} />}
          {modify.error && <Failure error={modify.error} />}
          <Button type="primary" htmlType="submit" loading={modify.isPending}>{t.save}</Button>
        </Form>
      </Card>
    </>
  );
}
