import { useState } from 'react';
import { Alert, Button, Card, Flex, Skeleton, Tag, Typography } from 'antd';
import dayjs from 'dayjs';
import { useNavigate } from 'react-router';
import { useAction, useChange } from '../api/hooks';
import { useLive } from '../api/live';
import { Failure } from '../components/Failure';
import { Name, visible } from '../components/Name';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { accountTexts } from './accountTexts';
import { ago } from './ago';
import { NewKey } from './NewKey';

/** A key as ListAccessKeys tells of it. */
export interface AccessKey {
  AccessKeyId: string;
  Status: 'Active' | 'Inactive';
  /** Empty where it is not known. */
  CreateTimeUtc: string;
  Description: string;
  LastUsedTime: string;
  BuiltIn: boolean;
}

/** How many keys there may be beside the first. */
const most = 50;

/** The keys by which programs call the API. */
export function AccessKeys() {
  const t = useTexts(accountTexts);
  const [adding, setAdding] = useState(false);
  const { data, error, refetch } = useAction<{ AccessKeys: AccessKey[] }>('keys', 'cam', 'ListAccessKeys');
  const made = data?.AccessKeys.filter((k) => !k.BuiltIn).length ?? 0;
  return (
    <Flex vertical gap={12}>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton active />}
      {data && (
        <>
          <Flex gap={12} align="center">
            <Button type="primary" disabled={made >= most} onClick={() => setAdding(true)}>
              {t.addKey}
            </Button>
            <Typography.Text type="secondary">{t.keysOf(made, most)}</Typography.Text>
          </Flex>
          {data.AccessKeys.map((k) => (
            <Row key={k.AccessKeyId} of={k} />
          ))}
          {made === 0 && <Alert type="info" showIcon title={t.onlyFirst} action={<Button size="small" onClick={() => setAdding(true)}>{t.addKey}</Button>} />}
        </>
      )}
      {adding && <NewKey close={() => setAdding(false)} />}
    </Flex>
  );
}

function Row({ of: k }: { of: AccessKey }) {
  const t = useTexts(accountTexts);
  const navigate = useNavigate();
  const { at = Date.now() } = useLive();
  const update = useChange<{ AccessKeyId: string; Status: string }>('cam', 'UpdateAccessKey', ['keys']);
  const remove = useChange<{ AccessKeyId: string }>('cam', 'DeleteAccessKey', ['keys']);
  const error = update.error ?? remove.error;
  const active = k.Status === 'Active';
  const title = visible(k.Description) || (k.BuiltIn ? t.builtIn : t.noName);
  return (
    <Card size="small">
      {error && <Failure error={error} />}
      <Flex wrap gap={12} align="center" justify="space-between">
        <Flex vertical gap={4} style={{ minWidth: 0, flex: '1 1 300px' }}>
          <Flex wrap gap={8} align="center" style={{ minWidth: 0 }}>
            <Name strong>{title}</Name>
            <Tag color={active ? 'success' : 'default'}>{active ? t.active : t.inactive}</Tag>
          </Flex>
          <Typography.Text copyable={{ text: k.AccessKeyId }} style={{ fontFamily: 'monospace', overflowWrap: 'anywhere' }}>
            {k.AccessKeyId}
          </Typography.Text>
          <Flex wrap gap="4px 16px">
            {k.CreateTimeUtc && <Typography.Text type="secondary">{`${t.created} ${dayjs(k.CreateTimeUtc).format('YYYY-MM-DD HH:mm')}`}</Typography.Text>}
            <Typography.Text type="secondary" title={k.LastUsedTime && dayjs(k.LastUsedTime).format('YYYY-MM-DD HH:mm:ss')}>
              {`${t.used} ${k.LastUsedTime ? ago(at - dayjs(k.LastUsedTime).valueOf(), t) : t.never}`}
            </Typography.Text>
          </Flex>
          {k.BuiltIn && <Typography.Text type="secondary">{t.builtInHint}</Typography.Text>}
        </Flex>
        <Flex wrap gap={8}>
          <Button size="small" onClick={() => void navigate(`/settings/audit?who=${encodeURIComponent(k.AccessKeyId)}`)} aria-label={`${t.log}: ${title}`}>
            {t.log}
          </Button>
          {!k.BuiltIn && (
            <>
              {active ? (
                <Popconfirm title={t.disableWhat} okText={t.disable} cancelText={t.cancel} styles={{ root: { maxWidth: 340 } }} onConfirm={() => update.mutate({ AccessKeyId: k.AccessKeyId, Status: 'Inactive' })}>
                  <Button size="small" aria-label={`${t.disable}: ${title}`}>{t.disable}</Button>
                </Popconfirm>
              ) : (
                <Button size="small" aria-label={`${t.enable}: ${title}`} onClick={() => update.mutate({ AccessKeyId: k.AccessKeyId, Status: 'Active' })}>
                  {t.enable}
                </Button>
              )}
              <Popconfirm title={t.removeWhat} okText={t.remove} okButtonProps={{ danger: true }} cancelText={t.cancel} styles={{ root: { maxWidth: 340 } }} onConfirm={() => remove.mutate({ AccessKeyId: k.AccessKeyId })}>
                <Button size="small" danger aria-label={`${t.remove}: ${title}`}>{t.remove}</Button>
              </Popconfirm>
            </>
          )}
        </Flex>
      </Flex>
    </Card>
  );
}
