import { CopyOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Card, Col, Empty, Flex, Row, Skeleton, Tooltip, Typography } from 'antd';
import { Link, useNavigate } from 'react-router';
import { Failure } from '../components/Failure';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { Mark } from './Mark';
import { useOpenTasks, useRules, useTemplates } from './data';
import { FormatTag } from './FormatTag';
import { RemoveTemplate } from './RemoveTemplate';
import { keyOf } from './priority';
import { RuleName } from './RuleName';
import { summary } from './summary';
import { texts } from './texts';
import type { Rule, Template } from './types';

/** All templates, each with what it does and who uses it. */
export default function Templates() {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const { templates, error, refetch } = useTemplates();
  const { data: rules } = useRules();
  const tasks = useOpenTasks();
  const create = (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => void navigate('/recording/templates/new')}>
      {t.create}
    </Button>
  );
  if (error) return <Failure error={error} retry={refetch} />;
  if (!templates) return <Skeleton active />;
  if (!templates.length) {
    return (
      <Card>
        <Empty description={t.none}>{create}</Empty>
      </Card>
    );
  }
  return (
    <>
      <Flex style={{ marginBottom: 12 }}>{create}</Flex>
      <Row gutter={[12, 12]}>
        {templates.map((template) => (
          <Col key={template.TemplateId} xs={24} md={12} xxl={8}>
            <TemplateCard template={template} rules={(rules?.Rules ?? []).filter((r) => r.TemplateId === template.TemplateId)} tasks={tasks.filter((x) => x.TemplateId === template.TemplateId).length} />
          </Col>
        ))}
      </Row>
    </>
  );
}

/** How many rules a card names. */
const named = 4;

function TemplateCard({ template, rules, tasks }: { template: Template; rules: Rule[]; tasks: number }) {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const lines = summary(template, t);
  const address = `/recording/templates/${template.TemplateId}`;
  return (
    <Card
      size="small"
      style={{ height: '100%' }}
      styles={{ body: { display: 'flex', flexDirection: 'column', gap: 10 } }}
      title={
        <Link to={address}>
          <Name strong>{template.TemplateName}</Name>
        </Link>
      }
      extra={
        <Flex gap={4} align="center">
          <Typography.Text type="secondary">#{template.TemplateId}</Typography.Text>
          <Tooltip title={t.edit}>
            <Button type="text" size="small" icon={<EditOutlined />} aria-label={`${t.edit} ${template.TemplateName}`} onClick={() => void navigate(address)} />
          </Tooltip>
          <Tooltip title={t.duplicate}>
            <Button
              type="text"
              size="small"
              icon={<CopyOutlined />}
              aria-label={`${t.duplicate} ${template.TemplateName}`}
              onClick={() => void navigate(`/recording/templates/new?from=${template.TemplateId}`)}
            />
          </Tooltip>
          <RemoveTemplate template={template} rules={rules} tasks={tasks} />
        </Flex>
      }
    >
      {template.Description && <Typography.Text type="secondary">{template.Description}</Typography.Text>}
      {lines.length ? (
        lines.map(({ format, text }) => (
          <Flex key={format} gap={8} align="baseline">
            <FormatTag format={format} />
            <span>{text}</span>
          </Flex>
        ))
      ) : (
        <div>
          <Mark color="orange">{t.nothing}</Mark>{' '}
          <Typography.Text type="secondary">{t.nothingWhy}</Typography.Text>
        </div>
      )}
      <Flex gap={6} wrap align="center" style={{ marginTop: 'auto' }}>
        {rules.length || tasks ? (
          <>
            <Typography.Text type="secondary">{t.used}</Typography.Text>
            {rules.slice(0, named).map((rule) => (
              <Link key={keyOf(rule)} to={`/recording/rules?rule=${encodeURIComponent(keyOf(rule))}`}>
                <RuleName rule={rule} />
              </Link>
            ))}
            {rules.length > named && <Link to="/recording/rules">+{rules.length - named}</Link>}
            {tasks > 0 && <Link to="/recording/tasks">{t.openTasks(tasks)}</Link>}
          </>
        ) : (
          <>
            <Typography.Text type="secondary">{t.unused}</Typography.Text>
            <Link to={`/recording/rules/new?template=${template.TemplateId}`}>{t.makeRule}</Link>
          </>
        )}
      </Flex>
    </Card>
  );
}
