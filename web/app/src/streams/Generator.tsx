import { useDeferredValue, useMemo, useState } from 'react';
import { Col, Form, Input, Row, Select } from 'antd';
import dayjs from 'dayjs';
import { usePushDomains } from '../api/domains';
import { useTexts } from '../i18n/texts';
import { AddressList } from './AddressList';
import { texts } from './texts';

/** Makes addresses for a stream that need not exist yet. */
export function Generator() {
  const t = useTexts(texts);
  const domains = usePushDomains();
  const [domain, setDomain] = useState<string>();
  const [app, setApp] = useState('live');
  const [name, setName] = useState('show');
  const [hours, setHours] = useState(24);
  const until = useMemo(() => dayjs().add(hours, 'hour').toISOString(), [hours]);
  const chosen = domain ?? domains?.builtIn ?? '';
  const stream = useMemo(() => ({ DomainName: chosen, AppName: app.trim(), StreamName: name.trim() }), [chosen, app, name]);
  const settled = useDeferredValue(stream);
  return (
    <>
      <Form layout="vertical">
        <Row gutter={12}>
          <Col xs={24} sm={12}>
            <Form.Item label={t.domain} htmlFor="generator-domain">
              <Select id="generator-domain" showSearch value={chosen} onChange={setDomain} options={(domains?.names ?? []).map((value) => ({ value, label: value }))} />
            </Form.Item>
          </Col>
          <Col xs={12}>
            <Form.Item label={t.app} htmlFor="generator-app" tooltip={t.appHint}>
              <Input id="generator-app" spellCheck={false} value={app} onChange={(e) => setApp(e.target.value)} />
            </Form.Item>
          </Col>
          <Col xs={12}>
            <Form.Item label={t.name} htmlFor="generator-name">
              <Input id="generator-name" spellCheck={false} value={name} onChange={(e) => setName(e.target.value)} />
            </Form.Item>
          </Col>
          <Col xs={24} sm={12}>
            <Form.Item label={t.valid} htmlFor="generator-valid">
              <Select
                id="generator-valid"
                value={hours}
                onChange={setHours}
                options={[1, 12, 24, 7 * 24, 30 * 24, 365 * 24].map((n) => ({ value: n, label: n < 24 ? t.hours(n) : t.days(n / 24) }))}
              />
            </Form.Item>
          </Col>
        </Row>
      </Form>
      {settled.DomainName && settled.AppName && settled.StreamName && <AddressList stream={settled} until={until} />}
    </>
  );
}
