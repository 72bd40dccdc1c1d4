import { Col, Form, Input, Row, Select } from 'antd';
import { usePushDomains } from '../api/domains';
import { useTexts } from '../i18n/texts';
import { texts } from './texts';

/** Domain, app and name of a stream, in a form. */
export function StreamFields() {
  const t = useTexts(texts);
  const domains = usePushDomains()?.names ?? [];
  const needed = [{ required: true, whitespace: true, message: t.needed }];
  return (
    <Row gutter={12}>
      <Col xs={24} sm={8}>
        <Form.Item name="DomainName" label={t.domain} rules={needed}>
          <Select showSearch options={domains.map((value) => ({ value, label: value }))} />
        </Form.Item>
      </Col>
      <Col xs={24} sm={8}>
        <Form.Item name="AppName" label={t.app} rules={needed} tooltip={t.appHint}>
          <Input spellCheck={false} />
        </Form.Item>
      </Col>
      <Col xs={24} sm={8}>
        <Form.Item name="StreamName" label={t.name} rules={needed}>
          <Input spellCheck={false} />
        </Form.Item>
      </Col>
    </Row>
  );
}
