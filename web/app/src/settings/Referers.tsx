import { Button, Form, Input, Radio, Switch } from 'antd';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { Changed } from './Changed';
import { lines, notHost } from './lines';
import type { PartProps } from './Play';
import { texts } from './playTexts';
import { useProtect } from './useProtect';
import { useStored } from './useStored';

interface Values {
  mode: '' | 'White' | 'Black';
  hosts: string;
  blank: boolean;
}

/** Referer hotlink protection: from which pages files may be played. */
export function Referers(props: PartProps) {
  const t = useTexts(texts);
  const [form] = Form.useForm<Values>();
  const { save, error, busy } = useProtect(props);
  const policy = props.protection.RefererAuthPolicy;
  const initial: Values = {
    mode: policy.Status === 'Enabled' ? (policy.AuthType as Values['mode']) : '', hosts: policy.Referers.join('\n'), blank: policy.BlankRefererAllowed === 'Yes',
  };
  const { changed, take, saving } = useStored(form, initial);
  const mode = Form.useWatch('mode', form) ?? initial.mode;
  const check = (_: unknown, text: string) => {
    const list = lines(text);
    const wrong = notHost(list);
    const said = wrong ? t.notHost(wrong) : list.length > 100 ? t.many : mode && !list.length ? t.hostNeeded : '';
    return said ? Promise.reject(new Error(said)) : Promise.resolve();
  };
  return (
    <Form<Values>
      form={form}
      name="referers"
      layout="vertical"
      initialValues={initial}
      onFinish={(v) =>
        save(
          {
            RefererAuthPolicy: v.mode
              ? { Status: 'Enabled', AuthType: v.mode, Referers: lines(v.hosts), BlankRefererAllowed: v.blank ? 'Yes' : 'No' }
              : ({ Status: 'Disabled' } as PartProps['protection']['RefererAuthPolicy']),
          },
          saving(),
        )
      }
    >
      <Form.Item name="mode">
        <Radio.Group aria-label={t.referers} options={[{ value: '', label: t.any }, { value: 'White', label: t.white }, { value: 'Black', label: t.black }]} />
      </Form.Item>
      {mode && (
        <>
          <Form.Item name="hosts" label={t.hosts} extra={t.hostsAbout} rules={[{ validator: check }]}>
            <Input.TextArea autoSize={{ minRows: 3, maxRows: 12 }} spellCheck={false} />
          </Form.Item>
          <Form.Item name="blank" label={t.blank} valuePropName="checked">
            <Switch />
          </Form.Item>
        </>
      )}
      {changed && !busy && <Changed take={take} />}
      {error && <Failure error={error} />}
      <Button type="primary" htmlType="submit" loading={busy}>
        {t.save}
      </Button>
    </Form>
  );
}
