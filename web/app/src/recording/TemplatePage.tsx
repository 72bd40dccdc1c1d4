import { ArrowLeftOutlined } from '@ant-design/icons';
import { App, Flex, Result, Skeleton, Tag, Typography } from 'antd';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { useOpenTasks, useRules, useTemplates } from './data';
import { RemoveTemplate } from './RemoveTemplate';
import { TemplateForm } from './TemplateForm';
import { blank, type Draft } from './draft';
import { texts } from './texts';

/** One template to be changed, or a new one, also made from another. */
export default function TemplatePage() {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const navigate = useNavigate();
  const { id = '' } = useParams();
  const [query] = useSearchParams();
  const from = query.get('from');
  const { templates, error, refetch } = useTemplates();
  const { data: rules } = useRules();
  const tasks = useOpenTasks();
  const create = useChange<Draft, { TemplateId: number }>('live', 'CreateLiveRecordTemplate', ['recording']);
  const modify = useChange<Draft & { TemplateId: number }>('live', 'ModifyLiveRecordTemplate', ['recording']);
  const isNew = id === 'new';
  const wanted = Number(isNew ? from : id);
  const found = templates?.find((x) => x.TemplateId === wanted);
  if (error) return <Failure error={error} retry={refetch} />;
  if (!templates) return <Skeleton active />;
  if (!found && !isNew) return <Result status="404" title={t.form.missing} extra={<Link to="/recording/templates">{t.form.back}</Link>} />;
  const initial = isNew && found ? { ...found, TemplateName: t.form.copyOf(found.TemplateName) } : (found ?? blank);
  const save = async (draft: Draft) => {
    if (isNew) await create.mutateAsync(draft);
    else await modify.mutateAsync({ ...draft, TemplateId: wanted });
    void message.success(isNew ? t.created : t.changed);
    void navigate('/recording/templates');
  };
  return (
    <>
      <Flex gap={10} align="center" wrap style={{ marginBottom: 16 }}>
        <Link to="/recording/templates" aria-label={t.form.back}>
          <ArrowLeftOutlined />
        </Link>
        <Typography.Title level={2} style={{ fontSize: 18, margin: 0, minWidth: 0 }}>
          {isNew ? t.form.newTitle : <Name strong>{initial.TemplateName}</Name>}
        </Typography.Title>
        {!isNew && found && (
          <>
            <Tag>#{found.TemplateId}</Tag>
            <RemoveTemplate template={found} rules={(rules?.Rules ?? []).filter((r) => r.TemplateId === found.TemplateId)} tasks={tasks.filter((x) => x.TemplateId === found.TemplateId).length} onRemoved={() => void navigate('/recording/templates')} />
          </>
        )}
      </Flex>
      <TemplateForm key={`${id}/${from}`} initial={initial} failure={create.error ?? modify.error} saving={create.isPending || modify.isPending} onSave={save} />
    </>
  );
}
