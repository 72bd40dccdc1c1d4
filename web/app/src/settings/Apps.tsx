import { useState } from 'react';
import { Button, Card, Flex, Form, Input, Modal, Skeleton, Tag, Typography } from 'antd';
import { Link } from 'react-router';
import { useAction, useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { texts } from './appsTexts';
import { Classes } from './Classes';

interface SubApp {
  SubAppId: number;
  Name: string;
  Description: string;
  Status: 'On' | 'Off' | 'Destroyed';
}

/** The parts of the catalogue, and the classes of each. */
export function Apps() {
  const t = useTexts(texts);
  const [editing, setEditing] = useState<SubApp | 'new'>();
  const { data, error, refetch } = useAction<{ SubAppIdInfoSet: SubApp[] }>('settings', 'vod', 'DescribeSubAppIds');
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  const subs = data.SubAppIdInfoSet.filter((a) => a.SubAppId);
  return (
    <Flex vertical gap={12}>
      <Card size="small" title={t.apps} extra={<Button size="small" onClick={() => setEditing('new')}>{t.add}</Button>}>
        <Typography.Paragraph type="secondary">{t.appsAbout}</Typography.Paragraph>
        {!subs.length && <Typography.Text>{t.none}</Typography.Text>}
        <Flex vertical gap={10}>
          {subs.map((a) => (
            <Row key={a.SubAppId} app={a} edit={() => setEditing(a)} />
          ))}
        </Flex>
      </Card>
      <Classes />
      {editing && <Edit app={editing === 'new' ? undefined : editing} close={() => setEditing(undefined)} />}
    </Flex>
  );
}

function Row({ app: a, edit }: { app: SubApp; edit: () => void }) {
  const t = useTexts(texts);
  const change = useChange<{ SubAppId: number; Status: SubApp['Status'] }>('vod', 'ModifySubAppIdStatus', ['settings', 'media']);
  const set = (Status: SubApp['Status']) => change.mutate({ SubAppId: a.SubAppId, Status });
  return (
    <div>
      {change.error && <Failure error={change.error} />}
      <Flex wrap gap={8} align="center" justify="space-between">
        <Flex wrap gap={8} align="center" style={{ minWidth: 0 }}>
          <Name strong>{a.Name}</Name>
          <Typography.Text type="secondary">{a.SubAppId}</Typography.Text>
          <Tag color={a.Status === 'On' ? 'success' : 'default'}>{{ On: t.on, Off: t.off, Destroyed: t.destroyed }[a.Status]}</Tag>
        </Flex>
        <Flex wrap gap={6}>
          {a.Status !== 'Destroyed' && (
            <>
              <Link to={`/media?app=${a.SubAppId}`}>
                <Button size="small" tabIndex={-1}>{t.files}</Button>
              </Link>
              <Button size="small" aria-label={`${t.edit} ${a.Name}`} onClick={edit}>{t.edit}</Button>
            </>
          )}
          {a.Status === 'On' ? (
            <Popconfirm title={t.turnOffAsk} description={t.turnOffLoss} okText={t.turnOff} cancelText={t.cancel} onConfirm={() => set('Off')}>
              <Button size="small" aria-label={`${t.turnOff} ${a.Name}`}>{t.turnOff}</Button>
            </Popconfirm>
          ) : (
            <Button size="small" aria-label={`${t.turnOn} ${a.Name}`} onClick={() => set('On')}>{t.turnOn}</Button>
          )}
          {a.Status !== 'Destroyed' && (
            <Popconfirm title={t.destroyAsk} description={t.destroyLoss} okText={t.destroy} okButtonProps={{ danger: true }} cancelText={t.cancel} onConfirm={() => set('Destroyed')}>
              <Button size="small" danger aria-label={`${t.destroy} ${a.Name}`}>{t.destroy}</Button>
            </Popconfirm>
          )}
        </Flex>
      </Flex>
      {a.Description && <Typography.Text type="secondary"><Name>{a.Description}</Name></Typography.Text>}
    </div>
  );
}

/** Makes a sub-application, or gives it another name. */
function Edit({ app, close }: { app: SubApp | undefined; close: () => void }) {
  const t = useTexts(texts);
  const [form] = Form.useForm<{ Name: string; Description: string }>();
  const save = useChange<object>('vod', app ? 'ModifySubAppIdInfo' : 'CreateSubAppId', ['settings', 'media']);
  return (
    <Modal open title={app ? t.edit : t.add} okText={t.ok} cancelText={t.cancel} onCancel={close} onOk={() => form.submit()} confirmLoading={save.isPending}>
      {save.error && <Failure error={save.error} />}
      <Form
        form={form}
        layout="vertical"
        initialValues={app ?? { Name: '', Description: '' }}
        onFinish={({ Name: name, Description }) => save.mutate({ ...(app ? { SubAppId: app.SubAppId } : {}), Name: name, Description: Description ?? '' }, { onSuccess: close })}
      >
        <Form.Item name="Name" label={t.name} extra={t.nameRule} rules={[{ required: true, max: 40, message: t.nameRule }]}>
          <Input autoFocus />
        </Form.Item>
        <Form.Item name="Description" label={t.about} extra={t.aboutRule} rules={[{ max: 300, message: t.aboutRule }]}>
          <Input.TextArea autoSize={{ minRows: 2 }} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
