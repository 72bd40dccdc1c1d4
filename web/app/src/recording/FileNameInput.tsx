import { useRef } from 'react';
import { Button, Dropdown, Flex, Input, theme, Typography, type InputRef } from 'antd';
import { visible } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { useLive } from '../api/live';
import { defaultFileName, expand, mistake, placeholders } from './fileName';
import { texts } from './texts';

interface Props {
  id?: string;
  value?: string;
  onChange?: (pattern: string) => void;
  /** The file's extension. */
  format: string;
  /** How long the file of the example is, in seconds. */
  length: number;
}

/** The pattern of a file's name, with its placeholders at hand and the name that comes of it. */
export function FileNameInput({ id, value = '', onChange, format, length }: Props) {
  const t = useTexts(texts);
  const { token } = theme.useToken();
  const { at = Date.now(), streams } = useLive();
  const input = useRef<InputRef>(null);
  const insert = (name: string) => {
    const field = input.current?.input;
    const [from, to] = [field?.selectionStart ?? value.length, field?.selectionEnd ?? value.length];
    onChange?.(`${value.slice(0, from)}{${name}}${value.slice(to)}`);
    input.current?.focus();
  };
  // To the minute, so that it does not flicker.
  const start = new Date(Math.floor(at / 60_000) * 60_000);
  const name = expand(value, streams[0]?.StreamName ?? 'show', start, new Date(start.getTime() + length * 1000));
  return (
    <Flex vertical gap={4}>
      <Flex gap={8}>
        <Input ref={input} {...(id ? { id } : {})} value={value} placeholder={defaultFileName} onChange={(e) => onChange?.(e.target.value)} style={{ fontFamily: token.fontFamilyCode, fontSize: 13 }} />
        <Dropdown
          trigger={['click']}
          menu={{
            style: { maxHeight: 320, overflow: 'auto' },
            items: placeholders.map((p) => ({ key: p, label: <code>{`{${p}}`}</code>, extra: expand(`{${p}}`, 'show', start, new Date(start.getTime() + length * 1000)) })),
            onClick: ({ key }) => insert(key),
          }}
        >
          <Button aria-label={t.form.insert} title={t.form.insert}>{'{ }'}</Button>
        </Dropdown>
      </Flex>
      {!mistake(value) && (
        <Typography.Text type="secondary" style={{ fontSize: 12 }}>
          {t.form.example}: <span className="name" style={{ fontFamily: token.fontFamilyCode, color: token.colorText }}>{`${visible(name.slice(0, 300))}.${format === 'hls' ? 'm3u8' : format}`}</span>
        </Typography.Text>
      )}
    </Flex>
  );
}
