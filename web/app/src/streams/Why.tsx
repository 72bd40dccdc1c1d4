import { Card, Flex, Tag, Typography } from 'antd';
import { Link } from 'react-router';
import { useAction } from '../api/hooks';
import type { Recording } from '../api/live';
import { Failure } from '../components/Failure';
import { visible } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { bytes, duration } from '../lib/format';
import { useTemplates } from '../recording/data';
import type { StreamKey } from './model';
import { texts } from './texts';

interface Rule extends StreamKey {
  TemplateId: number;
}

interface Explanation {
  Decision: 'record' | 'exclude' | 'none';
  Formats: string[];
  Rule: Rule | null;
  Shadowed: Rule[];
  Tasks: { TaskId: string }[];
}

const upper = (formats: string[]) => formats.map((f) => f.toUpperCase()).join(', ');

/** What is being recorded of a stream, and the rule that says so. */
export function Why({ stream, recordings }: { stream: StreamKey; recordings: Recording[] }) {
  const t = useTexts(texts);
  const { data, error, refetch } = useAction<Explanation>('recording', 'live', 'ExplainRecordRule', stream);
  const { templates } = useTemplates();
  const named = (id: number) => [visible(templates?.find((p) => p.TemplateId === id)?.TemplateName ?? ''), `#${id}`].filter(Boolean).join(' ');
  const explain = new URLSearchParams({ domain: stream.DomainName, app: stream.AppName, stream: stream.StreamName });
  const verdict = { record: t.ruleWins(upper(data?.Formats ?? [])), exclude: t.ruleExcludes, none: t.ruleNone };
  return (
    <Card size="small" title={t.whatIsRecorded} extra={<Link to={`/recording/rules?${explain}`}>{t.explain}</Link>} loading={!data && !error}>
      {error && <Failure error={error} retry={() => void refetch()} />}
      <Flex vertical gap={8}>
        {recordings.map((r) => (
          <Line key={`${r.Format}${r.CauseKind}${r.Cause}`} recording={r} />
        ))}
        {data && (
          <div>
            {verdict[data.Decision]}
            {data.Rule && (
              <div>
                <Link to={`/recording/templates/${data.Rule.TemplateId}`}>{t.rule(visible(pattern(data.Rule)), named(data.Rule.TemplateId))}</Link>
              </div>
            )}
          </div>
        )}
        {data && data.Shadowed.length > 0 && <Typography.Text type="secondary">{t.shadowed(data.Shadowed.length)}</Typography.Text>}
        {data && data.Tasks.length > 0 && <Link to={`/recording/tasks?${new URLSearchParams({ find: `${stream.DomainName}/${stream.AppName}/${stream.StreamName}` })}`}>{t.tasksOpen(data.Tasks.length)}</Link>}
      </Flex>
    </Card>
  );
}

/** A rule's stream, with stars for what it leaves open. */
const pattern = (r: Rule) => `${r.DomainName}/${r.AppName || '*'}/${r.StreamName || '*'}`;

function Line({ recording: r }: { recording: Recording }) {
  const t = useTexts(texts);
  return (
    <div>
      <Flex gap={8} align="center" wrap>
        <Tag color={r.Err ? 'error' : 'red'}>● {r.Format.toUpperCase()}</Tag>
        {r.FileID ? <Link to={`/media/${r.FileID}`}>{`${duration(r.Duration / 1000)} · ${bytes(r.Bytes)}`}</Link> : <Typography.Text type="secondary">{t.starting}</Typography.Text>}
        {r.CauseKind === 'task' ? <Link to={`/recording/tasks/${encodeURIComponent(r.Cause)}`}>{t.byTask}</Link> : <Typography.Text type="secondary">{t.byRule}</Typography.Text>}
        {r.Lost > 0 && <Tag color="warning">{t.lost(r.Lost)}</Tag>}
      </Flex>
      {r.Err && <Typography.Text type="danger">{r.Err}</Typography.Text>}
    </div>
  );
}
