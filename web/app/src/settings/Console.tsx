import { Button, Card, Flex, Skeleton, Tag, Typography } from 'antd';
import dayjs from 'dayjs';
import { Link } from 'react-router';
import { useLive } from '../api/live';
import { Failure } from '../components/Failure';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { About } from './About';
import { accountTexts } from './accountTexts';
import { ago, agentOf } from './ago';
import { Password } from './Password';
import { useEndSession, useSessions, type ConsoleSession } from './useSessions';

/** The console's own: its password, who is logged in, and what there is beside it. */
export function Console() {
  const t = useTexts(accountTexts);
  const { data, error, refetch } = useSessions();
  return (
    <Flex wrap gap={16} align="start">
      <Flex vertical gap={16} style={{ flex: '1 1 420px', minWidth: 0 }}>
        <Card size="small" title={t.sessions}>
          {error && <Failure error={error} retry={() => void refetch()} />}
          {!data && !error && <Skeleton active />}
          {data && <List of={data.Sessions} />}
        </Card>
        {data && <Password fixed={data.Fixed} />}
      </Flex>
      <About />
    </Flex>
  );
}

function List({ of: all }: { of: ConsoleSession[] }) {
  const t = useTexts(accountTexts);
  const end = useEndSession();
  const others = all.filter((s) => !s.Current).length;
  return (
    <Flex vertical gap={12}>
      <Typography.Text type="secondary">{t.sessionsLead}</Typography.Text>
      {end.error && <Failure error={end.error} />}
      {[...all].sort((a, b) => Number(b.Current) - Number(a.Current)).map((s) => (
        <Row key={s.ID} of={s} end={() => end.mutate(s.ID)} />
      ))}
      <Flex wrap gap={12} align="center">
        {others ? (
          <Popconfirm title={t.endAllWhat(others)} okText={t.endAll} cancelText={t.cancel} onConfirm={() => end.mutate('')}>
            <Button danger loading={end.isPending}>{t.endAll}</Button>
          </Popconfirm>
        ) : (
          <Typography.Text type="secondary">{t.onlyOne}</Typography.Text>
        )}
        <Link to="/settings/audit?action=ConsoleLogin">{t.logins}</Link>
      </Flex>
    </Flex>
  );
}

function Row({ of: s, end }: { of: ConsoleSession; end: () => void }) {
  const t = useTexts(accountTexts);
  const { at = Date.now() } = useLive();
  const { browser, system } = agentOf(s.Agent);
  const program = browser && system ? t.on(browser, system) : browser || system || t.unknownAgent;
  return (
    <Flex justify="space-between" align="center" gap={12}>
      <Flex vertical style={{ minWidth: 0 }}>
        <Flex wrap gap={8} align="center">
          <Typography.Text strong title={s.Agent.slice(0, 200)}>{program}</Typography.Text>
          <Typography.Text>{s.Remote}</Typography.Text>
          {s.Current && <Tag color="blue">{t.thisOne}</Tag>}
        </Flex>
        <Typography.Text type="secondary">{`${t.since(dayjs(s.Begin).format('YYYY-MM-DD HH:mm'))} · ${t.seen(ago(at - s.Seen, t))}`}</Typography.Text>
      </Flex>
      {!s.Current && (
        <Popconfirm title={t.endWhat} okText={t.end} cancelText={t.cancel} onConfirm={end}>
          <Button size="small" aria-label={`${t.end}: ${program} ${s.Remote}`}>{t.end}</Button>
        </Popconfirm>
      )}
    </Flex>
  );
}
