import { useState } from 'react';
import { CopyOutlined, EyeInvisibleOutlined, EyeOutlined } from '@ant-design/icons';
import { Alert, App, Button, Card, Descriptions, Flex, Segmented, Skeleton, Typography } from 'antd';
import { Link, useNavigate, useParams } from 'react-router';
import { useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { copy } from '../lib/copy';
import { kinds, type Template } from './api';
import { Code } from './Exchange';
import { TemplateForm, type Draft } from './TemplateForm';
import { TestButton } from './TestButton';
import { texts } from './texts';
import { places, useRules, useTemplates } from './useTemplates';
import { examples } from './verify';

/** One template, or the form of a new one. */
export function TemplatePage() {
  const t = useTexts(texts);
  const { id } = useParams();
  const { data, error, refetch } = useTemplates();
  const found = data?.Templates.find((x) => String(x.TemplateId) === id);
  return (
    <Flex vertical gap={16}>
      <Link to="/callbacks">← {t.back}</Link>
      {id === 'new' ? (
        <Card title={t.create}><NewTemplate /></Card>
      ) : error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : !data ? (
        <Skeleton active />
      ) : found ? (
        <One template={found} />
      ) : (
        <Alert type="warning" showIcon title={t.notFound} />
      )}
    </Flex>
  );
}

function NewTemplate() {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const { message } = App.useApp();
  const create = useChange<Draft, { TemplateId: number }>('live', 'CreateLiveCallbackTemplate', ['callbacks']);
  return (
    <TemplateForm
      initial={{}}
      error={create.error}
      busy={create.isPending}
      onCancel={() => void navigate('/callbacks')}
      onSave={(draft) =>
        create.mutate(draft, {
          onSuccess: ({ TemplateId }) => {
            void message.success(t.created(TemplateId));
            void navigate(`/callbacks/templates/${TemplateId}`);
          },
        })
      }
    />
  );
}

function One({ template }: { template: Template }) {
  const t = useTexts(texts);
  const [editing, setEditing] = useState(false);
  const { message } = App.useApp();
  const { data: rules } = useRules();
  const modify = useChange<Template>('live', 'ModifyLiveCallbackTemplate', ['callbacks']);
  if (editing) {
    return (
      <Card title={<Name>{template.TemplateName}</Name>}>
        <TemplateForm
          initial={template}
          error={modify.error}
          busy={modify.isPending}
          onCancel={() => setEditing(false)}
          onSave={(draft) =>
            modify.mutate({ ...draft, TemplateId: template.TemplateId }, {
              onSuccess: () => {
                void message.success(t.saved);
                setEditing(false);
              },
            })
          }
        />
      </Card>
    );
  }
  const used = places(rules?.Rules ?? [], template.TemplateId);
  return (
    <>
      <Card
        title={<Name>{template.TemplateName}</Name>}
        extra={<Flex gap={8}><TestButton template={template} /><Button onClick={() => setEditing(true)}>{t.edit}</Button></Flex>}
      >
        {template.Description && <Typography.Paragraph type="secondary"><span className="name">{template.Description}</span></Typography.Paragraph>}
        <Descriptions
          size="small"
          column={1}
          items={[
            ...kinds.filter((k) => template[k.field]).map((k) => ({ key: k.field, label: t.kind[k.type], children: <span className="name">{template[k.field]}</span> })),
            ...(template.RecordExceptionNotifyUrl ? [{ key: 'levels', label: t.levels, children: template.RecordExceptionLevels.join(', ') || t.levelsHint }] : []),
            { key: 'used', label: t.usedBy, children: used.length ? <span className="name">{used.join(', ')}</span> : <Link to={`/callbacks/rules?template=${template.TemplateId}`}>{t.bindNow}</Link> },
          ]}
        />
      </Card>
      <Verify callbackKey={template.CallbackKey} />
    </>
  );
}

/** What stands for a key that is not shown. */
const hidden = '********';

/** How a receiver knows that an event is from here. What is copied has the key, also while it is not shown. */
function Verify({ callbackKey }: { callbackKey: string }) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const [language, setLanguage] = useState('go');
  const [shown, setShown] = useState(false);
  const code = examples(callbackKey).find((x) => x.key === language)?.code ?? '';
  const toCopy = () => copy(code).then((done) => (done ? message.success(t.copied) : message.error(t.notCopied)));
  return (
    <Card title={t.verify}>
      {callbackKey ? (
        <>
          <Typography.Paragraph type="secondary">{t.verifyText}</Typography.Paragraph>
          <Flex gap={8} wrap align="center" justify="space-between" style={{ marginBottom: 8 }}>
            <Segmented aria-label={t.language} value={language} onChange={setLanguage} options={examples('').map(({ key, label }) => ({ value: key, label }))} />
            <Flex gap={8}>
              <Button size="small" icon={shown ? <EyeInvisibleOutlined /> : <EyeOutlined />} onClick={() => setShown(!shown)}>{shown ? t.hideKey : t.showKey}</Button>
              <Button size="small" icon={<CopyOutlined />} onClick={() => void toCopy()}>{t.copy}</Button>
            </Flex>
          </Flex>
          <Code text={shown ? code : (examples(hidden).find((x) => x.key === language)?.code ?? '')} height={460} lines />
        </>
      ) : (
        <Alert type="warning" showIcon title={t.noKey} />
      )}
    </Card>
  );
}
