import { App, DatePicker, Form, Input, Modal, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { Failure } from '../components/Failure';
import { visible } from '../components/Name';
import { useChange } from '../api/hooks';
import { useTexts } from '../i18n/texts';
import { StreamFields } from './StreamFields';
import type { StreamKey } from './model';
import { texts } from './texts';

interface Values extends StreamKey {
  /** In hours; 0 for a time of one's own. */
  hours: number;
  until?: Dayjs;
  Reason?: string;
}

const most = 90;

/** Asks for how long a stream is to be kept out, and why. Without a stream it asks for that as well. */
export function ForbidForm({ stream, close }: { stream?: StreamKey; close: () => void }) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const [form] = Form.useForm<Values>();
  const forbid = useChange<StreamKey & { ResumeTime: string; Reason?: string }>('live', 'ForbidLiveStream', ['streams']);
  const hours = Form.useWatch('hours', form);
  const submit = async ({ hours: n, until, Reason, ...key }: Values) => {
    // Clocks differ: the longest time is to be none too long by the server's.
    const end = n ? dayjs().add(n, 'hour').subtract(n === most * 24 ? 5 : 0, 'minute') : until!;
    await forbid.mutateAsync({ ...(stream ?? key), ResumeTime: end.toISOString(), ...(Reason ? { Reason } : {}) }).then(
      () => {
        void message.success(t.forbade);
        close();
      },
      () => undefined, // shown below
    );
  };
  const durations = [1, 6, 12, 24, 7 * 24, 30 * 24, most * 24];
  return (
    <Modal open title={stream ? t.forbidName(visible(`${stream.AppName}/${stream.StreamName}`).slice(0, 200)) : t.forbidTitle} okText={t.forbid} okButtonProps={{ danger: true, loading: forbid.isPending }} onCancel={close} onOk={form.submit}>
      <p>{t.forbidText}</p>
      {forbid.error && <Failure error={forbid.error} />}
      <Form form={form} layout="vertical" initialValues={{ hours: 24, ...stream }} onFinish={submit} requiredMark={false}>
        {stream ? null : <StreamFields />}
        <Form.Item name="hours" label={t.forbidFor}>
          <Select options={[...durations.map((n) => ({ value: n, label: n < 24 ? t.hours(n) : t.days(n / 24) })), { value: 0, label: t.otherTime }]} />
        </Form.Item>
        {hours === 0 && (
          <Form.Item name="until" label={t.forbidUntil} extra={t.forbidMost} rules={[{ required: true, message: t.needed }]}>
            <DatePicker showTime minDate={dayjs()} maxDate={dayjs().add(most, 'day')} style={{ width: '100%' }} />
          </Form.Item>
        )}
        <Form.Item name="Reason" label={t.reason} extra={t.reasonHint}>
          <Input.TextArea rows={2} maxLength={2048} />
        </Form.Item>
      </Form>
    </Modal>
  );
}
