import { Col, Form, Input, Row } from 'antd';
import { useState } from 'react';
import { useTexts } from '../i18n/texts';
import { clipTexts } from './clipTexts';
import { parseStamp, stamp } from './timeline';

interface Props {
  from: number;
  to: number;
  length: number;
  change: (from: number, to: number) => void;
}

/** Whether a part is one: it has to lie in the file. */
export const isPart = (from: number, to: number, length: number): boolean => from >= 0 && to > from && to <= length + 0.5;

/** Start and end of a part, to be typed. */
export function PartFields({ from, to, length, change }: Props) {
  const t = useTexts(clipTexts);
  const [texts, setTexts] = useState({ from: stamp(from, 3), to: stamp(to, 3) });
  const set = (part: Partial<typeof texts>) => {
    const next = { ...texts, ...part };
    setTexts(next);
    change(parseStamp(next.from) ?? -1, parseStamp(next.to) ?? -1);
  };
  const bad = !isPart(from, to, length);
  return (
    <Row gutter={12}>
      {(['from', 'to'] as const).map((key) => (
        <Col span={12} key={key}>
          <Form.Item label={t[key]} htmlFor={`part-${key}`} style={{ marginBottom: 8 }} {...(bad ? { validateStatus: 'error' as const } : {})} {...(bad && key === 'from' ? { help: t.bad } : {})}>
            <Input id={`part-${key}`} value={texts[key]} onChange={(e) => set({ [key]: e.target.value })} />
          </Form.Item>
        </Col>
      ))}
    </Row>
  );
}
