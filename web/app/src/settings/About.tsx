import { Card, Flex, Typography } from 'antd';
import { Link } from 'react-router';
import { useTexts } from '../i18n/texts';
import { useSession } from '../session';
import { accountTexts } from './accountTexts';

/** What server this is, and what it has for programs and for reading. */
export function About() {
  const t = useTexts(accountTexts);
  const { version } = useSession();
  const links = [
    { to: '/metrics', name: t.metrics, hint: t.metricsHint }, { to: '/readyz', name: t.ready, hint: t.readyHint },
    { to: '/healthz', name: t.healthy, hint: t.healthyHint }, { to: '/play/', name: t.player, hint: t.playerHint },
  ];
  return (
    <Card size="small" title={t.about} style={{ flex: '1 1 320px', minWidth: 0 }}>
      <Flex vertical gap={12}>
        <Typography.Text copyable={{ text: version }}>{`${t.version} ${version}`}</Typography.Text>
        <Typography.Text strong>{t.links}</Typography.Text>
        <Flex vertical>
          <Link to="/explorer">{t.explorer}</Link>
          <Typography.Text type="secondary">{t.explorerHint}</Typography.Text>
        </Flex>
        {links.map(({ to, name, hint }) => (
          <Flex key={to} vertical>
            <a href={to} target="_blank" rel="noreferrer">{name}</a>
            <Typography.Text type="secondary">{hint}</Typography.Text>
          </Flex>
        ))}
      </Flex>
    </Card>
  );
}
