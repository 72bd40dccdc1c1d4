import { Button, Empty, Flex, Skeleton, Table, Tag, Typography } from 'antd';
import { Link } from 'react-router';
import { useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { kinds, limits, type Template } from './api';
import { TestButton } from './TestButton';
import { texts } from './texts';
import { places, useRules, useTemplates } from './useTemplates';

/** All templates: what they tell, and of which streams. */
export function Templates() {
  const t = useTexts(texts);
  const { data, error, refetch } = useTemplates();
  const { data: rules } = useRules();
  const remove = useChange<{ TemplateId: number }>('live', 'DeleteLiveCallbackTemplate', ['callbacks']);
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton active />;
  const create = (
    <Link to="/callbacks/templates/new">
      <Button type="primary" disabled={data.Templates.length >= limits.templates} tabIndex={-1}>{t.create}</Button>
    </Link>
  );
  if (!data.Templates.length) return <Empty description={t.noTemplates}>{create}</Empty>;
  return (
    <Flex vertical gap={12}>
      <Flex justify="space-between" align="center" gap={12} wrap>
        <Typography.Text type="secondary">{data.Templates.length >= limits.templates ? t.full(limits.templates) : t.intro}</Typography.Text>
        {create}
      </Flex>
      {remove.error && <Failure error={remove.error} />}
      <Table<Template>
        size="small"
        rowKey="TemplateId"
        dataSource={data.Templates}
        pagination={false}
        scroll={{ x: 760 }}
        columns={[
          { title: t.id, dataIndex: 'TemplateId', width: 90 },
          { title: t.name, key: 'name', ellipsis: true, render: (_, x) => <Link to={`/callbacks/templates/${x.TemplateId}`}><Name>{x.TemplateName}</Name></Link> },
          { title: t.events, key: 'events', width: 220, render: (_, x) => <Flex gap={4} wrap>{kinds.filter((k) => x[k.field]).map((k) => <Tag key={k.type}>{t.kind[k.type]}</Tag>)}</Flex> },
          { title: t.usedBy, key: 'used', ellipsis: true, render: (_, x) => <Places list={places(rules?.Rules ?? [], x.TemplateId)} /> },
          { title: t.key, key: 'key', width: 110, render: (_, x) => (x.CallbackKey ? <Tag color="success">{t.signed}</Tag> : <Tag color="warning">{t.unsigned}</Tag>) },
          {
            title: '', key: 'do', width: 170,
            render: (_, x) => (
              <Flex gap={4}>
                <TestButton template={x} size="small" />
                <Popconfirm placement="topRight" title={t.removeAsk} description={t.removeLoss} okText={t.remove} okButtonProps={{ danger: true }} cancelText={t.cancel} onConfirm={() => remove.mutate({ TemplateId: x.TemplateId })}>
                  <Button size="small" type="text" danger aria-label={`${t.remove} ${x.TemplateName}`}>{t.remove}</Button>
                </Popconfirm>
              </Flex>
            ),
          },
        ]}
      />
    </Flex>
  );
}

function Places({ list }: { list: string[] }) {
  const t = useTexts(texts);
  if (!list.length) return <Link to="/callbacks/rules">{t.unused}</Link>;
  return <Name>{list.join(', ')}</Name>;
}
