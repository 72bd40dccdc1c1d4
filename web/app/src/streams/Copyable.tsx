import { lazy, Suspense, useState, type ReactNode } from 'react';
import { Button, Flex, Modal, Spin, Tag, theme, Tooltip, Typography } from 'antd';
import { QrcodeOutlined } from '@ant-design/icons';
import { useTexts } from '../i18n/texts';
import { texts } from './texts';

const QR = lazy(() => import('./QR'));

interface Props {
  label: string;
  /** What it is for. */
  hint?: ReactNode;
  text: string;
  /** Whether a phone can do something with it. */
  qr?: boolean;
  secure?: boolean;
}

/** A line of text for other programs: to be copied, or to be scanned. */
export function Copyable({ label, hint, text, qr = false, secure = false }: Props) {
  const t = useTexts(texts);
  const { token } = theme.useToken();
  const [open, setOpen] = useState(false);
  return (
    <div>
      <Flex gap={8} align="baseline" wrap>
        <Typography.Text strong>{label}</Typography.Text>
        {secure && <Tag color="green">{t.secure}</Tag>}
        {hint && <Typography.Text type="secondary">{hint}</Typography.Text>}
      </Flex>
      <Flex gap={4} align="start" style={{ background: token.colorFillQuaternary, borderRadius: 6, padding: '6px 6px 6px 10px', marginTop: 4 }}>
        <code style={{ flex: 1, wordBreak: 'break-all', fontSize: 13, lineHeight: '24px' }}>{text}</code>
        <Typography.Text copyable={{ text }} aria-label={label} />
        {qr && (
          <Tooltip title={t.qr}>
            <Button type="text" size="small" icon={<QrcodeOutlined />} aria-label={t.qrOf(label)} onClick={() => setOpen(true)} />
          </Tooltip>
        )}
      </Flex>
      {open && (
        <Modal open footer={null} width={340} title={label} onCancel={() => setOpen(false)}>
          <Flex vertical align="center" gap={12}>
            <Suspense fallback={<Spin />}>
              <QR text={text} label={t.qrOf(label)} />
            </Suspense>
            <Typography.Text type="secondary">{t.qrHint}</Typography.Text>
          </Flex>
        </Modal>
      )}
    </div>
  );
}
