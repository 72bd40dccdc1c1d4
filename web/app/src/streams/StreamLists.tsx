import { useState } from 'react';
import { Button, Card, Drawer, Grid, Skeleton, Typography } from 'antd';
import { PlusOutlined } from '@ant-design/icons';
import { useSearchParams } from 'react-router';
import { useLive } from '../api/live';
import { Sections } from '../components/Sections';
import { useTexts } from '../i18n/texts';
import { Page } from '../layout/Page';
import { Forbidden } from './Forbidden';
import { Generator } from './Generator';
import { History } from './History';
import { LiveList } from './LiveList';
import { Pulls } from './Pulls';
import { texts } from './texts';

/** The lists of streams, each with its own address: ?tab=history and so on. */
export function StreamLists() {
  const t = useTexts(texts);
  const live = useLive();
  const [query, setQuery] = useSearchParams();
  const [pushing, setPushing] = useState(false);
  const wide = Grid.useBreakpoint().md ?? true;
  const tab = query.get('tab') ?? 'live';
  const empty = tab === 'live' && live.streams.length === 0;
  return (
    <Page
      title={t.title}
      extra={
        !empty && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setPushing(true)}>
            {t.push}
          </Button>
        )
      }
    >
      <Sections
        label={t.section}
        active={tab}
        onChange={(key) => setQuery(key === 'live' ? {} : { tab: key })}
        items={[
          { key: 'live', label: live.streams.length ? `${t.live} (${live.streams.length})` : t.live },
          { key: 'history', label: t.history },
          { key: 'pulls', label: t.pulled },
          { key: 'forbidden', label: t.forbidden },
        ]}
      >
        {tab === 'history' ? <History /> : tab === 'pulls' ? <Pulls /> : tab === 'forbidden' ? <Forbidden /> : live.at === undefined ? <Skeleton active /> : empty ? <First /> : <LiveList streams={live.streams} />}
      </Sections>
      <Drawer open={pushing} onClose={() => setPushing(false)} title={t.push} size={wide ? 680 : '100%'} destroyOnHidden>
        <Generator />
      </Drawer>
    </Page>
  );
}

/** What somebody sees who has no stream yet: how to push one. */
function First() {
  const t = useTexts(texts);
  return (
    <Card>
      <Typography.Title level={2} style={{ fontSize: 20, marginTop: 0 }}>
        {t.emptyTitle}
      </Typography.Title>
      <Typography.Paragraph type="secondary">{t.emptyText}</Typography.Paragraph>
      <Generator />
    </Card>
  );
}
