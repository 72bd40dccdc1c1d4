import type { ReactNode } from 'react';
import { Alert, Card, Flex, Skeleton, Tag, Typography } from 'antd';
import { useAction } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { AppSelect, useApp } from './AppSelect';
import { Origins } from './Origins';
import { texts } from './playTexts';
import { Referers } from './Referers';
import { SignedAddresses } from './SignedAddresses';

/** Who may play the files of an application. */
export interface Protection {
  Domain: string;
  UrlSignatureAuthPolicy: { Status: string; EncryptedKey: string; BackupKey: string; Lifetime: number };
  RefererAuthPolicy: { Status: string; AuthType: string; Referers: string[]; BlankRefererAllowed: string };
  CrossOriginPolicy: { Origins: string[] };
}

/** What each of the three forms is given. */
export interface PartProps {
  app: number;
  protection: Protection;
}

/** Who may play files: from signed addresses, from which pages, and which pages may read them by script. */
export function Play() {
  const t = useTexts(texts);
  const app = useApp();
  const { data, error, refetch } = useAction<{ DomainSet: Protection[] }>('settings', 'vod', 'DescribeVodDomains', app ? { SubAppId: app } : {});
  const p = data?.DomainSet[0];
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!p) return <Skeleton active />;
  const open = p.UrlSignatureAuthPolicy.Status !== 'Enabled' && p.RefererAuthPolicy.Status !== 'Enabled';
  return (
    <Flex vertical gap={12}>
      <AppSelect label={t.app} primary={t.primary} />
      <div>
        {t.from} <Name strong>{p.Domain}</Name>
      </div>
      {open && <Alert type="info" showIcon title={t.everyone} />}
      <Part title={t.signed} about={t.signedAbout} on={p.UrlSignatureAuthPolicy.Status === 'Enabled'}>
        <SignedAddresses key={app} app={app} protection={p} />
      </Part>
      <Part title={t.referers} about={t.referersAbout} on={p.RefererAuthPolicy.Status === 'Enabled'} {...(p.RefererAuthPolicy.Status === 'Enabled' ? {} : { said: t.any })}>
        <Referers key={app} app={app} protection={p} />
      </Part>
      <Part title={t.origins} about={t.originsAbout} on={p.CrossOriginPolicy.Origins.length > 0} said={p.CrossOriginPolicy.Origins.length ? t.someOrigins(p.CrossOriginPolicy.Origins.length) : t.any}>
        <Origins key={app} app={app} protection={p} />
      </Part>
    </Flex>
  );
}

function Part({ title, about, on, said, children }: { title: string; about: string; on: boolean; /** What is so, where that is neither on nor off. */ said?: string; children: ReactNode }) {
  const t = useTexts(texts);
  return (
    <Card size="small" title={title} extra={<Tag color={on ? 'success' : 'default'}>{said ?? (on ? t.on : t.off)}</Tag>}>
      <Typography.Paragraph type="secondary">{about}</Typography.Paragraph>
      {children}
    </Card>
  );
}
