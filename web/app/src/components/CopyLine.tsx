import { useState } from 'react';
import { CheckOutlined, CopyOutlined } from '@ant-design/icons';
import { Button, theme } from 'antd';
import { copy } from '../lib/copy';

/** A line for a terminal, to be copied. label says what the button does, done that it did. */
export function CopyLine({ text, label, done }: { text: string; label: string; done: string }) {
  const { token } = theme.useToken();
  const [copied, setCopied] = useState(false);
  return (
    <div style={{ display: 'inline-flex', maxWidth: '100%', gap: 4, alignItems: 'start', background: token.colorFillQuaternary, borderRadius: 6, padding: '4px 4px 4px 10px', marginBottom: 12 }}>
      <code style={{ textAlign: 'start', lineHeight: '24px', fontSize: 13 }}>{text}</code>
      <Button
        type="text"
        size="small"
        icon={copied ? <CheckOutlined style={{ color: token.colorSuccess }} /> : <CopyOutlined />}
        aria-label={copied ? done : label}
        onClick={() => void copy(text).then(setCopied)}
        onBlur={() => setCopied(false)}
      />
    </div>
  );
}
