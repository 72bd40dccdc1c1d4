import { Alert, Button, Card, Flex, Typography } from 'antd';
import { Link } from 'react-router';
import type { ApiError } from '../api/client';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { inOrder, keyOf, level } from './priority';
import { RuleName } from './RuleName';
import { rulesTexts } from './rulesTexts';
import { StreamFields } from './StreamFields';
import type { Explanation, Rule, RuleKey, Template } from './types';

interface Props {
  typed: RuleKey;
  onType: (key: RuleKey) => void;
  explanation: Explanation | undefined;
  error: ApiError | null;
  rules: Rule[];
  templates: Template[];
}

/** Which rule decides about a stream, and why. */
export function Explain({ typed, onType, explanation, error, rules, templates }: Props) {
  const t = useTexts(rulesTexts);
  const some = typed.DomainName || typed.AppName || typed.StreamName;
  // One stream is explained: it has a name in all three parts.
  const lacks = [!typed.DomainName && t.domain, !typed.AppName && t.app, !typed.StreamName && t.stream].filter((text) => text !== false);
  const begun = typed.AppName || typed.StreamName;
  return (
    <Card
      size="small"
      title={t.explain}
      extra={some && <Button size="small" type="text" onClick={() => onType({ DomainName: '', AppName: '', StreamName: '' })}>{t.clear}</Button>}
    >
      <Typography.Paragraph type="secondary">{t.explainWhat}</Typography.Paragraph>
      <StreamFields id="explain" value={typed} onChange={onType} labels={t} />
      <div aria-live="polite" style={{ marginTop: error || explanation || begun ? 12 : 0 }}>
        {begun && lacks.length > 0 && <Typography.Text type="secondary">{t.lacks(lacks)}</Typography.Text>}
        {error ? <Failure error={error} /> : explanation && <Answer explanation={explanation} typed={typed} rules={rules} templates={templates} />}
      </div>
    </Card>
  );
}

function Answer({ explanation: x, typed, rules, templates }: { explanation: Explanation; typed: RuleKey; rules: Rule[]; templates: Template[] }) {
  const t = useTexts(rulesTexts);
  const winner = x.Rule;
  const number = winner ? inOrder(rules).findIndex((r) => keyOf(r) === keyOf(winner)) + 1 : 0;
  const said = { record: t.record(x.Formats.map((f) => f.toUpperCase()).join(' + ')), exclude: t.exclude, none: t.nobody }[x.Decision];
  return (
    <Alert
      type={x.Decision === 'record' ? 'success' : x.Decision === 'exclude' ? 'warning' : 'info'}
      showIcon
      title={<strong>{said}</strong>}
      description={
        <Flex vertical gap={4}>
          {winner && (
            <span>
              {number}. <RuleName rule={winner} /> → <Link to={`/recording/templates/${winner.TemplateId}`} style={{ textDecoration: 'underline' }}>{templates.find((p) => p.TemplateId === winner.TemplateId)?.TemplateName ?? `#${winner.TemplateId}`}</Link>.{' '}
              {t.because[level(winner)]}
            </span>
          )}
          {x.Shadowed.map((rule) => (
            <span key={keyOf(rule)}>
              <RuleName rule={rule} />: {t.shadowedWhy(number)}
            </span>
          ))}
          {x.DomainName !== typed.DomainName.toLowerCase() && <span>{t.standsFor(x.DomainName)}</span>}
          {x.Tasks.length > 0 && (
            <span>
              {t.alsoTasks(x.Tasks.length)} <Link to={`/recording/tasks?find=${encodeURIComponent(typed.StreamName)}`} style={{ textDecoration: 'underline' }}>{t.seeTasks}</Link>
            </span>
          )}
        </Flex>
      }
    />
  );
}
