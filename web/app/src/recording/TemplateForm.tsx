import { useState } from 'react';
import { Alert, Button, Card, Checkbox, Col, Collapse, Flex, Form, Input, Row, Typography, type FormInstance } from 'antd';
import { useNavigate } from 'react-router';
import type { ApiError } from '../api/client';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { Mark } from './Mark';
import { nameMistake, sent, type Draft } from './draft';
import { FormatFields } from './FormatFields';
import { FormatTag } from './FormatTag';
import { summary } from './summary';
import { texts } from './texts';
import { formats, type Template } from './types';

interface Props {
  initial: Draft;
  failure: ApiError | null;
  saving: boolean;
  onSave: (draft: Draft) => Promise<void>;
}

/** Everything of a template, with its limits beside the fields and, in words, what it does. */
export function TemplateForm({ initial, failure, saving, onSave }: Props) {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const [form] = Form.useForm<Draft>();
  const [wrong, setWrong] = useState(false);
  const finish = () => {
    setWrong(false);
    // All values, also those whose fields are folded away. What the server has against it the form shows.
    onSave(sent(form.getFieldsValue(true) as Draft)).catch(() => undefined);
  };
  return (
    <Form form={form} layout="vertical" initialValues={sent(initial as Draft)} onFinish={finish} onFinishFailed={() => setWrong(true)} onValuesChange={() => setWrong(false)} scrollToFirstError={{ block: 'center', focus: true }}>
      <Row gutter={[24, 16]}>
        <Col xs={24} xl={16}>
          <Card size="small" style={{ marginBottom: 20 }}>
            <Row gutter={16}>
              <Col xs={24} md={12}>
                <Form.Item name="TemplateName" label={t.form.name} extra={t.form.nameHelp} required rules={[{ validator: (_, v: string) => nameRule(v, t.form) }]}>
                  <Input autoFocus={!initial.TemplateName} maxLength={255} autoComplete="off" />
                </Form.Item>
              </Col>
              <Col xs={24} md={12}>
                <Form.Item name="Description" label={t.form.description} extra={t.form.descriptionHelp}>
                  <Input maxLength={1024} autoComplete="off" />
                </Form.Item>
              </Col>
            </Row>
          </Card>
          <Typography.Title level={3} style={{ fontSize: 15, marginBottom: 2 }}>
            {t.form.formats}
          </Typography.Title>
          <Typography.Paragraph type="secondary">{t.form.formatsHelp}</Typography.Paragraph>
          <Flex vertical gap={12}>
            {formats
              // What this server cannot record is shown where somebody has turned it on elsewhere, so that it can be turned off.
              .filter(({ format, param }) => format !== 'mp3' || initial[param]?.Enable === 1)
              .map(({ format, param }) => (
                <FormatFields key={format} format={format} param={param} form={form} />
              ))}
          </Flex>
          <Collapse ghost size="small" style={{ marginTop: 8 }} items={[{ key: 'compat', label: t.form.compat, forceRender: true, children: <Compatibility /> }]} />
        </Col>
        <Col xs={24} xl={8}>
          <div style={{ position: 'sticky', top: 16 }}>
            <Summary form={form} />
            {failure && <Failure error={failure} />}
            {wrong && <Alert type="error" showIcon title={t.form.badInput} style={{ marginBottom: 16 }} />}
            <Flex gap={8}>
              <Button type="primary" htmlType="submit" loading={saving}>
                {t.form.save}
              </Button>
              <Button onClick={() => void navigate('/recording/templates')}>{t.form.cancel}</Button>
            </Flex>
          </div>
        </Col>
      </Row>
    </Form>
  );
}

function nameRule(name: string, t: (typeof texts.en)['form']): Promise<void> {
  const wrong = nameMistake(name);
  return wrong ? Promise.reject(new Error({ none: t.nameNone, long: t.nameLong, bad: t.nameBad }[wrong])) : Promise.resolve();
}

function Compatibility() {
  const t = useTexts(texts);
  return (
    <>
      <Typography.Paragraph type="secondary">{t.form.compatHelp}</Typography.Paragraph>
      <Form.Item name={['FlvSpecialParam', 'UploadInRecording']} valuePropName="checked" noStyle>
        <Checkbox>{t.form.upload}</Checkbox>
      </Form.Item>
      <Form.Item name="RemoveWatermark" valuePropName="checked" noStyle>
        <Checkbox>{t.form.watermark}</Checkbox>
      </Form.Item>
    </>
  );
}

/** What the template does as it is typed. */
function Summary({ form }: { form: FormInstance<Draft> }) {
  const t = useTexts(texts);
  const values = Form.useWatch<Draft | undefined>((all: Draft) => all, { form, preserve: true });
  const lines = values?.Mp4Param ? summary(values as Template, t) : [];
  return (
    <Card size="small" title={t.form.sum} style={{ marginBottom: 16 }}>
      <div aria-live="polite">
        {lines.map(({ format, text }) => (
          <Flex key={format} gap={8} align="baseline" style={{ marginBottom: 6 }}>
            <FormatTag format={format} />
            <span>{text}</span>
          </Flex>
        ))}
        {!lines.length && (
          <>
            <Mark color="orange">{t.nothing}</Mark>{' '}
            <Typography.Text type="secondary">{t.nothingWhy}</Typography.Text>
          </>
        )}
      </div>
    </Card>
  );
}
