import { Badge } from 'antd';
import { useTranslation } from 'react-i18next';
import { Outlet, Route, Routes, useLocation, useNavigate } from 'react-router';
import { useAction } from '../api/hooks';
import type { Backlog } from '../callbacks/api';
import { Log } from '../callbacks/Log';
import { MediaEvents } from '../callbacks/MediaEvents';
import { Rules } from '../callbacks/Rules';
import { TemplatePage } from '../callbacks/TemplatePage';
import { Templates } from '../callbacks/Templates';
import { texts } from '../callbacks/texts';
import { Waiting } from '../callbacks/Waiting';
import { Sections as Choice } from '../components/Sections';
import { useTexts } from '../i18n/texts';
import { NotFound } from '../layout/NotFound';
import { Page } from '../layout/Page';

/** Who is told what, and how that went. */
export default function Callbacks() {
  const { t } = useTranslation();
  return (
    <Page title={t('nav.callbacks')}>
      <Routes>
        <Route element={<Sections />}>
          <Route index element={<Templates />} />
          <Route path="rules" element={<Rules />} />
          <Route path="log" element={<Log />} />
          <Route path="waiting" element={<Waiting />} />
          <Route path="media" element={<MediaEvents />} />
        </Route>
        <Route path="templates/:id" element={<TemplatePage />} />
        <Route path="*" element={<NotFound back="/callbacks" />} />
      </Routes>
    </Page>
  );
}

function Sections() {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const here = useLocation().pathname.split('/')[2] ?? '';
  const { data } = useAction<Backlog>('callbacks', 'live', 'DescribeCallbackBacklog', { Limit: 0 });
  const waiting = (data?.PendingCount ?? 0) + (data?.ParkedCount ?? 0);
  const active = here || 'templates';
  return (
    <Choice
      label={t.section}
      active={active}
      onChange={(key) => void navigate(key === 'templates' ? '/callbacks' : `/callbacks/${key}`)}
      items={[
        { key: 'templates', label: t.templates },
        { key: 'rules', label: t.rules },
        { key: 'log', label: t.log },
        { key: 'waiting', label: t.waiting, mark: <Badge count={waiting} overflowCount={999} color={data?.ParkedCount ? '#c8161d' : '#0958d9'} size="small" /> },
        { key: 'media', label: t.media },
      ]}
    >
      <Outlet />
    </Choice>
  );
}
