import { useState } from 'react';
import { CopyOutlined, ExportOutlined } from '@ant-design/icons';
import { Alert, App, Button, Checkbox, Flex, Form, Input, Modal, QRCode, Radio, Select, Segmented, Typography } from 'antd';
import dayjs from 'dayjs';
import { Link } from 'react-router';
import { useAction } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { copy as copyText } from '../lib/copy';
import { isLoopback } from '../lib/host';
import { clipTexts } from './clipTexts';
import { inApp, useProtection } from './lookups';
import { isPart, PartFields } from './PartFields';
import type { Part } from './Scrubber';
import type { MediaInfo } from './types';

interface Props {
  info: MediaInfo;
  app: number;
  part: Part;
  length: number;
  close: () => void;
}

const day = 86_400;

/** An address to hand on: of all of it or of a part, good as long as wanted where addresses are signed. */
export function ShareDialog({ info, app, part, length, close }: Props) {
  const t = useTexts(clipTexts);
  const { message } = App.useApp();
  const protection = useProtection(app);
  const isHLS = info.BasicInfo.Type === 'hls';
  const [some, setSome] = useState(part.from !== undefined);
  const [range, setRange] = useState({ from: part.from ?? 0, to: part.to ?? length });
  const [format, setFormat] = useState(isHLS ? 'hls' : 'original');
  const [save, setSave] = useState(false);
  const [lifetime, setLifetime] = useState(day);
  const signed = protection?.UrlSignatureAuthPolicy.Status === 'Enabled';
  const good = !some || isPart(range.from, range.to, length);
  const exact = (n: number) => Number(n.toFixed(3));
  const { data, error, refetch, isPlaceholderData } = useAction<{ Url: string; ExpireTime: string }>(
    'settings',
    'vod',
    'DescribeMediaPlayUrl',
    { ...inApp(app), FileId: info.FileId, Format: format, ...(some ? { StartTimeOffset: exact(range.from), EndTimeOffset: exact(range.to) } : {}), ...(signed ? { Lifetime: lifetime } : {}) },
    { enabled: good, keep: true },
  );
  const address = data ? data.Url + (save && format === 'original' ? `${data.Url.includes('?') ? '&' : '?'}download=1` : '') : '';
  const copy = async () => {
    if (await copyText(address)) void message.success(t.copied);
  };
  return (
    <Modal open title={t.shareTitle} onCancel={close} footer={<Button onClick={close}>{t.close}</Button>}>
      <Form layout="vertical" component="div">
        {info.BasicInfo.Status === 'Forbidden' && <Alert type="warning" showIcon title={t.forbidden} style={{ marginBottom: 12 }} />}
        {protection?.RefererAuthPolicy.Status === 'Enabled' && <Alert type="warning" showIcon title={t.referer} style={{ marginBottom: 12 }} />}
        <Segmented block value={some ? 'part' : 'all'} options={[{ value: 'all', label: t.whole }, { value: 'part', label: t.onlyPart }]} onChange={(v) => setSome(v === 'part')} style={{ marginBottom: 12 }} />
        {some && (
          <>
            <PartFields {...range} length={length} change={(from, to) => setRange({ from, to })} />
            <Typography.Paragraph type="secondary" style={{ fontSize: 12 }}>{t.partHint}</Typography.Paragraph>
          </>
        )}
        <Form.Item label={t.as}>
          <Radio.Group vertical value={format} onChange={(e) => setFormat(e.target.value as string)} options={[...(isHLS ? [] : [{ value: 'original', label: t.original(info.BasicInfo.Type.toUpperCase()) }]), { value: 'hls', label: t.hls }]} />
          {format === 'original' && <Checkbox checked={save} onChange={(e) => setSave(e.target.checked)} style={{ marginTop: 8 }}>{t.download}</Checkbox>}
        </Form.Item>
        {signed ? (
          <Form.Item label={t.lifetime} htmlFor="share-lifetime" {...(data?.ExpireTime ? { extra: t.until(dayjs(data.ExpireTime).format('YYYY-MM-DD HH:mm:ss')) } : {})}>
            <Select id="share-lifetime" value={lifetime} onChange={setLifetime} options={[{ value: 3600, label: t.hour }, { value: day, label: t.day }, { value: 7 * day, label: t.week }, { value: 30 * day, label: t.month }, { value: 365 * day, label: t.year }]} />
          </Form.Item>
        ) : (
          protection && <Typography.Paragraph type="secondary">{t.open} <Link to="/settings/play" style={{ textDecoration: 'underline' }}>{t.settings}</Link></Typography.Paragraph>
        )}
        {error && <Failure error={error} retry={() => void refetch()} />}
        {address && good && isLoopback(new URL(address, location.href).hostname) && <Alert type="warning" showIcon title={t.onlyHere} style={{ marginBottom: 12 }} />}
        {address && good && (
          <Flex gap={16} wrap align="start">
            <Flex vertical gap={8} style={{ flex: '1 1 260px' }}>
              <Input.TextArea aria-label={t.link} readOnly autoSize={{ minRows: 2, maxRows: 6 }} value={address} onFocus={(e) => e.target.select()} />
              <Flex gap={8} wrap>
                <Button type="primary" icon={<CopyOutlined />} disabled={isPlaceholderData} onClick={() => void copy()}>{t.copy}</Button>
                <Button icon={<ExportOutlined />} disabled={isPlaceholderData} href={address} target="_blank" rel="noreferrer">{t.test}</Button>
              </Flex>
            </Flex>
            {address.length < 1200 && <QRCode value={address} size={128} status={isPlaceholderData ? 'loading' : 'active'} type="svg" color="#000" bgColor="#fff" aria-label={t.qr} />}
          </Flex>
        )}
      </Form>
    </Modal>
  );
}
