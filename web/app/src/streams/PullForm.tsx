import { Checkbox, Col, Collapse, DatePicker, Form, Input, Modal, Row, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { streamPath } from '../lib/format';
import type { PullSource, StreamKey } from './model';
import { StreamFields } from './StreamFields';
import { texts } from './texts';

interface Values extends StreamKey {
  FromUrl: string;
  Transport: string;
  times: { start?: Dayjs | null; end?: Dayjs | null };
  Insecure: boolean;
  Fingerprint: string;
}

/** What an action takes: for a source that exists, empty is what removes a value. */
export function parametersOf(values: Values) {
  const { FromUrl, Transport, times, Insecure, Fingerprint, ...stream } = values;
  return {
    FromUrl: FromUrl.trim(),
    ToUrl: `rtmp://${stream.DomainName.includes(':') ? `[${stream.DomainName}]` : stream.DomainName}/${streamPath(stream.AppName.trim(), stream.StreamName.trim())}`,
    Transport,
    StartTime: times.start?.toISOString() ?? '',
    EndTime: times.end?.toISOString() ?? '',
    Insecure,
    Fingerprint: Fingerprint.trim(),
  };
}

const time = (text: string | undefined) => (text ? dayjs(text) : null);

/** Adds a source, for the built-in domain unless another is chosen, or changes one. */
export function PullForm({ source, builtIn, close }: { source?: PullSource; builtIn: string; close: () => void }) {
  const t = useTexts(texts);
  const [form] = Form.useForm<Values>();
  const create = useChange<ReturnType<typeof parametersOf>>('live', 'CreatePullStreamConfig', ['streams']);
  const modify = useChange<ReturnType<typeof parametersOf> & { ConfigId: string }>('live', 'ModifyPullStreamConfig', ['streams']);
  const error = create.error ?? modify.error;
  const submit = (values: Values) => {
    const params = parametersOf({ ...initial, ...form.getFieldsValue(true), ...values });
    const done = source ? modify.mutateAsync({ ConfigId: source.ConfigId, ...params }) : create.mutateAsync(params);
    return done.then(close, () => undefined); // what went wrong is shown
  };
  const initial: Values = {
    DomainName: source?.DomainName ?? builtIn, AppName: source?.AppName ?? 'live', StreamName: source?.StreamName ?? '', FromUrl: source?.FromUrl ?? '', Transport: source?.Transport || 'tcp',
    times: { start: time(source?.StartTime), end: time(source?.EndTime) }, Insecure: source?.Insecure ?? false, Fingerprint: source?.Fingerprint ?? '',
  };
  const advanced = (
    <Row gutter={12}>
      <Col xs={24} sm={12}>
        <Form.Item name={['times', 'start']} label={t.begin} extra={t.beginHint}>
          <DatePicker showTime style={{ width: '100%' }} />
        </Form.Item>
      </Col>
      <Col xs={24} sm={12}>
        <Form.Item name={['times', 'end']} label={t.end} extra={t.endHint}>
          <DatePicker showTime style={{ width: '100%' }} />
        </Form.Item>
      </Col>
      <Col xs={24}>
        <Form.Item name="Fingerprint" label={t.fingerprint}>
          <Input spellCheck={false} />
        </Form.Item>
        <Form.Item name="Insecure" valuePropName="checked">
          <Checkbox>{t.insecure}</Checkbox>
        </Form.Item>
      </Col>
    </Row>
  );
  return (
    <Modal
      open
      width={640}
      title={source ? t.editPull : t.addPull}
      okText={source ? t.save : t.add}
      okButtonProps={{ loading: create.isPending || modify.isPending }}
      onCancel={close}
      onOk={form.submit}
    >
      {error && <Failure error={error} />}
      <Form form={form} layout="vertical" requiredMark={false} initialValues={initial} onFinish={submit}>
        <Form.Item name="FromUrl" label={t.fromUrl} extra={t.fromUrlHint} rules={[{ required: true, whitespace: true, message: t.needed }]}>
          <Input spellCheck={false} autoComplete="off" />
        </Form.Item>
        <div style={{ marginBottom: 8 }}>{t.becomes}</div>
        <StreamFields />
        <Form.Item name="Transport" label={t.transport}>
          <Select options={Object.entries(t.transports).map(([value, label]) => ({ value, label }))} />
        </Form.Item>
        <Collapse ghost size="small" items={[{ key: 'advanced', label: t.advanced, children: advanced }]} />
      </Form>
    </Modal>
  );
}
