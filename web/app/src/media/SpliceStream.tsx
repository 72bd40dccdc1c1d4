import { Col, DatePicker, Form, Input, Row, Typography } from 'antd';
import dayjs from 'dayjs';
import { useTexts } from '../i18n/texts';
import { workTexts } from './workTexts';

/** A stream and a time; empty times are the last day. */
export interface Span {
  domain: string;
  app: string;
  stream: string;
  from: string;
  to: string;
}

/** Asks for a stream and a time. */
export function SpliceStream({ span, change }: { span: Span; change: (span: Span) => void }) {
  const t = useTexts(workTexts);
  const text = (key: 'domain' | 'app' | 'stream', label: string) => (
    <Col xs={24} sm={8}>
      <Form.Item label={label} htmlFor={`splice-${key}`} style={{ marginBottom: 8 }}>
        <Input id={`splice-${key}`} value={span[key]} onChange={(e) => change({ ...span, [key]: e.target.value })} />
      </Form.Item>
    </Col>
  );
  const moment = (key: 'from' | 'to', label: string) => (
    <Col xs={24} sm={12}>
      <Form.Item label={label} htmlFor={`splice-${key}`} style={{ marginBottom: 4 }}>
        <DatePicker id={`splice-${key}`} showTime style={{ width: '100%' }} value={span[key] ? dayjs(span[key]) : null} onChange={(v) => change({ ...span, [key]: v ? v.toISOString() : '' })} />
      </Form.Item>
    </Col>
  );
  return (
    <Form layout="vertical" component="div">
      <Row gutter={12}>
        {text('stream', t.stream)}
        {text('app', t.app)}
        {text('domain', t.domain)}
        {moment('from', t.from)}
        {moment('to', t.to)}
      </Row>
      <Typography.Text type="secondary" style={{ fontSize: 12 }}>{t.span}</Typography.Text>
    </Form>
  );
}
