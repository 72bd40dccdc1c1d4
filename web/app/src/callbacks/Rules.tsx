import { useState } from 'react';
import { AutoComplete, Button, Card, Empty, Flex, Form, Input, Select, Skeleton, Table, Typography } from 'antd';
import dayjs from 'dayjs';
import { Link, useSearchParams } from 'react-router';
import { usePushDomains } from '../api/domains';
import { useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import type { Rule, Template } from './api';
import { texts } from './texts';
import { useRules, useTemplates } from './useTemplates';

/** Which template is for which streams. */
export function Rules() {
  const t = useTexts(texts);
  const [search] = useSearchParams();
  const [adding, setAdding] = useState(search.has('template'));
  const { data, error, refetch } = useRules();
  const { data: templates } = useTemplates();
  const remove = useChange<Pick<Rule, 'DomainName' | 'AppName'>>('live', 'DeleteLiveCallbackRule', ['callbacks']);
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data || !templates) return <Skeleton active />;
  const nameOf = (id: number) => templates.Templates.find((x) => x.TemplateId === id)?.TemplateName ?? `#${id}`;
  if (!templates.Templates.length) return <Empty description={t.noTemplateYet}><Link to="/callbacks/templates/new">{t.create}</Link></Empty>;
  const add = <Button type="primary" onClick={() => setAdding(true)}>{t.createRule}</Button>;
  return (
    <Flex vertical gap={12}>
      {adding ? <NewRule templates={templates.Templates} chosen={Number(search.get('template')) || undefined} onClose={() => setAdding(false)} /> : data.Rules.length > 0 && <Flex justify="end">{add}</Flex>}
      {remove.error && <Failure error={remove.error} />}
      {!data.Rules.length ? (
        !adding && <Empty description={t.noRules}>{add}</Empty>
      ) : (
        <Table<Rule>
          size="small"
          rowKey={(r) => `${r.DomainName}/${r.AppName}`}
          dataSource={data.Rules}
          pagination={data.Rules.length > 50 ? { pageSize: 50 } : false}
          scroll={{ x: 640 }}
          columns={[
            { title: t.domain, key: 'domain', ellipsis: true, render: (_, r) => <Name>{r.DomainName}</Name> },
            { title: t.app, key: 'app', ellipsis: true, render: (_, r) => (r.AppName ? <Name>{r.AppName}</Name> : <Typography.Text type="secondary">{t.allApps}</Typography.Text>) },
            { title: t.template, key: 'template', ellipsis: true, render: (_, r) => <Link to={`/callbacks/templates/${r.TemplateId}`}><Name>{nameOf(r.TemplateId)}</Name></Link> },
            { title: t.since, key: 'since', width: 170, render: (_, r) => dayjs(r.CreateTimeUtc).format('YYYY-MM-DD HH:mm:ss') },
            {
              title: '', key: 'do', width: 90,
              render: (_, r) => (
                <Popconfirm placement="topRight" title={t.unbindAsk} description={t.unbindLoss} okText={t.unbind} okButtonProps={{ danger: true }} cancelText={t.cancel} onConfirm={() => remove.mutate({ DomainName: r.DomainName, AppName: r.AppName })}>
                  <Button size="small" type="text" danger aria-label={`${t.unbind} ${r.DomainName}/${r.AppName}`}>{t.unbind}</Button>
                </Popconfirm>
              ),
            },
          ]}
        />
      )}
    </Flex>
  );
}

interface NewRuleDraft {
  DomainName: string;
  AppName: string;
  TemplateId: number;
}

function NewRule({ templates, chosen, onClose }: { templates: Template[]; chosen: number | undefined; onClose: () => void }) {
  const t = useTexts(texts);
  const domains = usePushDomains();
  const preset = chosen ?? (templates.length === 1 ? templates[0]?.TemplateId : undefined);
  const create = useChange<NewRuleDraft>('live', 'CreateLiveCallbackRule', ['callbacks', 'settings']);
  const [form] = Form.useForm<NewRuleDraft>();
  const typed = Form.useWatch('DomainName', form)?.trim().toLowerCase();
  if (!domains) return <Skeleton active />;
  const { names, builtIn } = domains;
  return (
    <Card title={t.createRule}>
      <Form<NewRuleDraft>
        form={form}
        layout="vertical"
        style={{ maxWidth: 560 }}
        initialValues={{ DomainName: names.length === 1 ? names[0] : '', AppName: '', ...(preset ? { TemplateId: preset } : {}) }}
        onFinish={(rule) => create.mutate({ ...rule, AppName: rule.AppName.trim() }, { onSuccess: onClose })}
      >
        <Form.Item name="DomainName" label={t.domain} extra={typed && !names.includes(typed) ? <Typography.Text type="warning">{t.newDomain}</Typography.Text> : t.domainHint(builtIn)} rules={[{ required: true, whitespace: true, message: t.needed }]}>
          <AutoComplete options={names.map((value) => ({ value }))} />
        </Form.Item>
        <Form.Item name="AppName" label={t.app} extra={t.appHint}><Input placeholder="live" /></Form.Item>
        <Form.Item name="TemplateId" label={t.template} rules={[{ required: true, message: t.needed }]}>
          <Select options={templates.map((x) => ({ value: x.TemplateId, label: `${x.TemplateName} (${x.TemplateId})` }))} />
        </Form.Item>
        {create.error && <Failure error={create.error} />}
        <Flex gap={8}>
          <Button type="primary" htmlType="submit" loading={create.isPending}>{t.bind}</Button>
          <Button onClick={onClose}>{t.cancel}</Button>
        </Flex>
      </Form>
    </Card>
  );
}
