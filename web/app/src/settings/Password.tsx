import { Alert, App, Button, Card, Form, Input, Typography } from 'antd';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { ask, type ApiError } from '../api/client';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { accountTexts } from './accountTexts';

interface Values {
  Old: string;
  New: string;
  Again: string;
}

const length = (text: string): number => new TextEncoder().encode(text).length;

/** Changes the console's password, if it is not in the configuration. */
export function Password({ fixed }: { fixed: boolean }) {
  const t = useTexts(accountTexts);
  const { message } = App.useApp();
  const queries = useQueryClient();
  const [form] = Form.useForm<Values>();
  const change = useMutation<object, ApiError, Values>({
    mutationFn: ({ Old, New }) => ask('POST', 'password', { Old, New }),
    onSuccess: () => {
      form.resetFields();
      void message.success(t.changed);
      return queries.invalidateQueries({ queryKey: ['sessions'] });
    },
  });
  return (
    <Card size="small" title={t.password}>
      {fixed ? (
        <Alert type="info" showIcon title={t.fixed} />
      ) : (
        <>
          <Typography.Paragraph type="secondary">{t.passwordLead}</Typography.Paragraph>
          <Form form={form} name="password" layout="vertical" style={{ maxWidth: 380 }} onFinish={(values) => change.mutate(values)}>
            <Form.Item name="Old" label={t.old} rules={[{ required: true, message: t.old }]} extra={t.forgotten}>
              <Input.Password autoComplete="current-password" />
            </Form.Item>
            <Form.Item
              name="New"
              label={t.fresh}
              rules={[{ required: true, message: t.passwordRule }, { validator: (_, v: string) => (!v || (length(v) >= 8 && length(v) <= 1024) ? Promise.resolve() : Promise.reject(new Error(t.passwordRule))) }]}
              extra={t.passwordRule}
            >
              <Input.Password autoComplete="new-password" />
            </Form.Item>
            <Form.Item
              name="Again"
              label={t.again}
              dependencies={['New']}
              rules={[{ required: true, message: t.passwordSame }, { validator: (_, v: string) => (!v || (v ?? '') === (form.getFieldValue('New') ?? '') ? Promise.resolve() : Promise.reject(new Error(t.passwordSame))) }]}
            >
              <Input.Password autoComplete="new-password" />
            </Form.Item>
            {change.error && (change.error.code === 'WrongPassword' ? <Alert type="error" showIcon title={t.wrong} style={{ marginBottom: 16 }} /> : <Failure error={change.error} />)}
            <Button type="primary" htmlType="submit" loading={change.isPending}>
              {t.change}
            </Button>
          </Form>
        </>
      )}
    </Card>
  );
}
