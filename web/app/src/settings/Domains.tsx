import { useState } from 'react';
import { Alert, Button, Card, Drawer, Empty, Flex, Form, Grid, Input, Modal, Select, Skeleton, Tag, Tooltip } from 'antd';
import { useLocation, useNavigate } from 'react-router';
import { useAction, useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name, visible } from '../components/Name';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { KeyForm } from './KeyForm';
import { texts } from './texts';

interface Domain {
  Name: string;
  Type: 0 | 1;
  Status: 0 | 1;
  CreateTime: string;
  BuiltIn: boolean;
}

/** All domains; that of the address has its keys open. */
export function Domains() {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const domain = named(useLocation().pathname);
  const wide = Grid.useBreakpoint().sm ?? true;
  const [adding, setAdding] = useState(false);
  const { data, error, refetch } = useAction<{ DomainList: Domain[] }>('settings', 'live', 'DescribeLiveDomains', { PageSize: 100 });
  const open = data?.DomainList.find((d) => d.Name === domain);
  return (
    <>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data && domain && !open && <Alert type="warning" showIcon title={t.unknown(visible(domain.slice(0, 255)))} action={<Button size="small" onClick={() => void navigate('/settings/domains')}>{t.back}</Button>} style={{ marginBottom: 12 }} />}
      {data && (
        <Flex vertical gap={12}>
          <div>
            <Button type="primary" onClick={() => setAdding(true)}>
              {t.add}
            </Button>
          </div>
          {data.DomainList.length === 0 && <Empty description={t.empty} />}
          {data.DomainList.map((d) => (
            <Row key={`${d.Type}${d.Name}`} domain={d} />
          ))}
        </Flex>
      )}
      {adding && <Add close={() => setAdding(false)} />}
      <Drawer open={Boolean(open)} onClose={() => void navigate('/settings/domains')} title={open && <Name strong>{open.Name}</Name>} size={wide ? 420 : '100%'} destroyOnHidden>
        {open && (
          <Flex vertical gap={32}>
            {open.Type === 0 && <KeyForm domain={open.Name} kind="push" />}
            <KeyForm domain={open.Name} kind="play" />
          </Flex>
        )}
      </Drawer>
    </>
  );
}

/** The domain that the address names. */
function named(pathname: string): string {
  const part = pathname.split('/')[3] ?? '';
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function Row({ domain: d }: { domain: Domain }) {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const status = useChange('live', d.Status ? 'ForbidLiveDomain' : 'EnableLiveDomain', ['settings']);
  const remove = useChange('live', 'DeleteLiveDomain', ['settings']);
  const error = status.error ?? remove.error;
  return (
    <Card size="small">
      {error && <Failure error={error} />}
      <Flex wrap gap={8} align="center" justify="space-between">
        <Flex wrap gap={8} align="center" style={{ minWidth: 0 }}>
          <Name strong>{d.Name}</Name>
          <Tag>{d.Type ? t.play : t.push}</Tag>
          {d.BuiltIn && (
            <Tooltip title={t.builtInWhy}>
              <Tag tabIndex={0}>{t.builtIn}</Tag>
            </Tooltip>
          )}
          <Tag color={d.Status ? 'success' : 'default'}>{d.Status ? t.on : t.off}</Tag>
        </Flex>
        <Flex wrap gap={8}>
          <Button size="small" aria-label={`${t.keys} ${d.Name}`} onClick={() => void navigate(`/settings/domains/${encodeURIComponent(d.Name)}`)}>
            {t.keys}
          </Button>
          {d.Status ? (
            <Popconfirm title={t.disableWhat} okText={t.disable} cancelText={t.cancel} onConfirm={() => status.mutate({ DomainName: d.Name })}>
              <Button size="small">{t.disable}</Button>
            </Popconfirm>
          ) : (
            <Button size="small" onClick={() => status.mutate({ DomainName: d.Name })}>
              {t.enable}
            </Button>
          )}
          {!d.BuiltIn && (
            <Popconfirm title={t.removeWhat} okText={t.remove} okButtonProps={{ danger: true }} cancelText={t.cancel} onConfirm={() => remove.mutate({ DomainName: d.Name, DomainType: d.Type })}>
              <Button size="small" danger aria-label={`${t.remove} ${d.Name}`}>
                {t.remove}
              </Button>
            </Popconfirm>
          )}
        </Flex>
      </Flex>
    </Card>
  );
}

function Add({ close }: { close: () => void }) {
  const t = useTexts(texts);
  const [form] = Form.useForm<{ DomainName: string; DomainType: number }>();
  const add = useChange<{ DomainName: string; DomainType: number }>('live', 'AddLiveDomain', ['settings']);
  return (
    <Modal open title={t.add} okText={t.add} cancelText={t.cancel} onCancel={close} onOk={() => form.submit()} confirmLoading={add.isPending}>
      {add.error && <Failure error={add.error} />}
      <Form form={form} layout="vertical" initialValues={{ DomainType: 0 }} onFinish={(values) => add.mutate(values, { onSuccess: close })}>
        <Form.Item name="DomainName" label={t.name} extra={t.nameRule} rules={[{ required: true, message: t.nameRule }]}>
          <Input placeholder="push.example.com" autoFocus />
        </Form.Item>
        <Form.Item name="DomainType" label={t.type}>
          <Select options={[{ value: 0, label: t.push }, { value: 1, label: t.play }]} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
