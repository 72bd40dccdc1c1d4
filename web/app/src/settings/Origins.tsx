import { Button, Form, Input } from 'antd';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { Changed } from './Changed';
import { lines, notOrigin } from './lines';
import type { PartProps } from './Play';
import { texts } from './playTexts';
import { useProtect } from './useProtect';
import { useStored } from './useStored';

/** Pages that may read files by script. */
export function Origins(props: PartProps) {
  const t = useTexts(texts);
  const [form] = Form.useForm<{ origins: string }>();
  const { save, error, busy } = useProtect(props);
  const initial = { origins: props.protection.CrossOriginPolicy.Origins.join('\n') };
  const { changed, take, saving } = useStored(form, initial);
  const check = (_: unknown, text: string) => {
    const list = lines(text);
    const wrong = notOrigin(list);
    const said = wrong ? t.notOrigin(wrong) : list.length > 100 ? t.many : '';
    return said ? Promise.reject(new Error(said)) : Promise.resolve();
  };
  return (
    <Form<{ origins: string }>
      form={form}
      name="origins"
      layout="vertical"
      initialValues={initial}
      onFinish={({ origins }) => save({ CrossOriginPolicy: { Origins: lines(origins) } }, saving())}
    >
      <Form.Item name="origins" label={t.originList} rules={[{ validator: check }]}>
        <Input.TextArea autoSize={{ minRows: 2, maxRows: 12 }} placeholder="https://www.example.com" spellCheck={false} />
      </Form.Item>
      {changed && !busy && <Changed take={take} />}
      {error && <Failure error={error} />}
      <Button type="primary" htmlType="submit" loading={busy}>
        {t.save}
      </Button>
    </Form>
  );
}
