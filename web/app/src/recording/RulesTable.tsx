import { DeleteOutlined } from '@ant-design/icons';
import { App, Button, Card, Empty, Flex, Grid, Table, Tag, theme, Tooltip, Typography, type TableColumnsType } from 'antd';
import { Link, useNavigate, useSearchParams } from 'react-router';
import { usePushDomains } from '../api/domains';
import { useChange } from '../api/hooks';
import { Name } from '../components/Name';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { ChangeRule } from './ChangeRule';
import { Mark } from './Mark';
import { FormatTag } from './FormatTag';
import { inOrder, keyOf, level, partOf, type Part } from './priority';
import { RuleName } from './RuleName';
import { rulesTexts } from './rulesTexts';
import { summary } from './summary';
import { texts } from './texts';
import type { Explanation, Rule, RuleKey, Template } from './types';

interface Props {
  rules: Rule[];
  templates: Template[] | undefined;
  explanation: Explanation | undefined;
  /** The app that is explained. */
  app: string;
}

/** A row: a rule, or what holds where none fits. */
type Line = { key: string; rank: number; rule: Rule | undefined; part: Part | undefined };

/** The rules in the order in which they win; what is explained is marked in it. */
export function RulesTable({ rules, templates, explanation, app }: Props) {
  const t = useTexts(rulesTexts);
  const { token } = theme.useToken();
  const navigate = useNavigate();
  const narrow = !(Grid.useBreakpoint().md ?? true);
  const chosen = useSearchParams()[0].get('rule');
  const builtin = usePushDomains()?.builtIn;
  if (!rules.length) {
    const some = (templates?.length ?? 0) > 0;
    return (
      <Card>
        <Empty description={some ? t.none : t.noTemplates}>
          <Button type="primary" onClick={() => void navigate(some ? '/recording/rules/new' : '/recording/templates/new')}>{some ? t.create : t.makeTemplate}</Button>
        </Empty>
      </Card>
    );
  }
  const lines: Line[] = inOrder(rules).map((rule, i) => ({ key: keyOf(rule), rank: i + 1, rule, part: explanation && partOf(rule, explanation, app) }));
  lines.push({ key: 'fallback', rank: lines.length + 1, rule: undefined, part: explanation?.Decision === 'none' ? { is: 'wins' } : undefined });
  const remove = {
    key: 'actions',
    width: narrow ? 56 : 88,
    render: (_: unknown, { rule }: Line) =>
      rule && (
        <Flex vertical={narrow} justify="end">
          <ChangeRule rule={rule} templates={templates ?? []} />
          <Remove rule={rule} />
        </Flex>
      ),
  };
  const rank = { title: t.rank, width: 64, align: 'center' as const, render: (_: unknown, line: Line) => (line.rule ? line.rank : '–') };
  // On a phone everything of a rule stands in one column.
  const together: TableColumnsType<Line> = [
    rank,
    {
      title: t.appliesTo,
      render: (_, { rule, part }: Line) => (
        <Flex vertical gap={6} align="start">
          {part && <Verdict part={part} />}
          {rule ? <Applies rule={rule} builtin={builtin} /> : <em>{t.fallback}</em>}
          {rule ? <Does rule={rule} templates={templates} /> : <Typography.Text type="secondary">{t.fallbackWhat}</Typography.Text>}
        </Flex>
      ),
    },
    remove,
  ];
  const columns: TableColumnsType<Line> = [
    rank,
    { title: t.appliesTo, render: (_, { rule }: Line) => (rule ? <Applies rule={rule} builtin={builtin} /> : <em>{t.fallback}</em>) },
    { title: t.specific, width: 190, render: (_, { rule }: Line) => rule && <Typography.Text type="secondary">{t.levels[level(rule)]}</Typography.Text> },
    { title: t.template, render: (_, { rule }: Line) => (rule ? <Does rule={rule} templates={templates} /> : <Typography.Text type="secondary">{t.fallbackWhat}</Typography.Text>) },
    ...(explanation ? [{ title: t.verdict, width: 130, render: (_: unknown, { part }: Line) => part && <Verdict part={part} /> }] : []),
    remove,
  ];
  const background = ({ key, part }: Line) => {
    if (part?.is === 'wins') return token['green-1'];
    if (part?.is === 'shadowed') return token['gold-1'];
    return !part && key === chosen ? token.colorPrimaryBg : undefined;
  };
  return (
    <Table<Line>
      size="small"
      tableLayout="fixed"
      columns={narrow ? together : columns}
      dataSource={lines}
      pagination={false}
      aria-label={t.rankWhat}
      onRow={(line) => ({ style: { background: background(line), transition: 'background .2s' } })}
    />
  );
}

function Applies({ rule, builtin }: { rule: RuleKey; builtin: string | undefined }) {
  const t = useTexts(rulesTexts);
  return (
    <>
      <Flex gap={6} wrap align="center">
        <RuleName rule={rule} />
        {rule.DomainName === builtin && (
          <Tooltip title={t.builtinWhat}>
            <Tag tabIndex={0}>{t.builtin}</Tag>
          </Tooltip>
        )}
      </Flex>
      <Typography.Text type="secondary" style={{ fontSize: 12 }}>
        {[!rule.AppName && t.everyApp, !rule.StreamName && t.everyStream].filter(Boolean).join(', ')}
      </Typography.Text>
    </>
  );
}

function Does({ rule, templates }: { rule: Rule; templates: Template[] | undefined }) {
  const t = useTexts(rulesTexts);
  const words = useTexts(texts);
  const template = templates?.find((p) => p.TemplateId === rule.TemplateId);
  if (!template) return templates && <Typography.Text type="danger">{t.missing} (#{rule.TemplateId})</Typography.Text>;
  const lines = summary(template, words);
  return (
    <Flex vertical gap={2}>
      <Link to={`/recording/templates/${rule.TemplateId}`}>
        <Name>{template.TemplateName}</Name>
      </Link>
      {lines.map(({ format, text }) => (
        <Flex key={format} gap={6} align="baseline" style={{ fontSize: 12 }}>
          <FormatTag format={format} />
          <Typography.Text type="secondary" style={{ fontSize: 12 }}>
            {text}
          </Typography.Text>
        </Flex>
      ))}
      {!lines.length && <div><Mark color="orange">{words.nothing}</Mark></div>}
    </Flex>
  );
}

function Verdict({ part }: { part: Part }) {
  const t = useTexts(rulesTexts);
  if (part.is === 'wins') return <Mark color="green">{t.wins}</Mark>;
  if (part.is === 'shadowed') return <Mark color="orange">{t.shadowed}</Mark>;
  return <Typography.Text type="secondary">{t.other[part.by]}</Typography.Text>;
}

function Remove({ rule }: { rule: Rule }) {
  const t = useTexts(rulesTexts);
  const { message } = App.useApp();
  const remove = useChange<RuleKey>('live', 'DeleteLiveRecordRule', ['recording']);
  const key = { DomainName: rule.DomainName, AppName: rule.AppName, StreamName: rule.StreamName };
  return (
    <Popconfirm
      placement="left"
      title={t.removeAsk}
      description={<div style={{ maxWidth: 280 }}><RuleName rule={rule} /><br />{t.removeWhat}</div>}
      okText={t.remove}
      okButtonProps={{ danger: true }}
      onConfirm={() => remove.mutateAsync(key).catch((error: Error) => void message.error(error.message))}
    >
      <Button type="text" size="small" danger icon={<DeleteOutlined />} aria-label={`${t.remove} ${rule.DomainName}/${rule.AppName || '*'}/${rule.StreamName || '*'}`} />
    </Popconfirm>
  );
}
