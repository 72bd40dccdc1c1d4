import { lazy, Suspense } from 'react';
import { Skeleton, Typography } from 'antd';
import { Navigate, Route, Routes, useLocation, useNavigate } from 'react-router';
import { Sections } from '../components/Sections';
import { NoPage, NotFound } from '../layout/NotFound';
import { Page } from '../layout/Page';
import { useTexts } from '../i18n/texts';
import { texts } from '../recording/texts';

const Templates = lazy(() => import('../recording/Templates'));
const TemplatePage = lazy(() => import('../recording/TemplatePage'));
const Rules = lazy(() => import('../recording/Rules'));
const Tasks = lazy(() => import('../recording/Tasks'));

const tabs = ['templates', 'rules', 'tasks'] as const;

/** Templates, the rules that put them to use, and tasks. Each has an address of its own. */
export default function Recording() {
  const t = useTexts(texts);
  const navigate = useNavigate();
  const part = useLocation().pathname.split('/')[2];
  const here = part ? tabs.find((tab) => tab === part) : 'templates';
  if (!here) return <NoPage back="/recording" />;
  return (
    <Page title={t.title}>
      <Sections label={t.section} active={here} onChange={(to) => void navigate(`/recording/${to}`)} items={tabs.map((tab) => ({ key: tab, label: t[tab] }))}>
        <Typography.Paragraph type="secondary" style={{ maxWidth: 860 }}>
          {t.about[here]}
        </Typography.Paragraph>
        <Suspense fallback={<Skeleton active />}>
          <Routes>
            <Route index element={<Navigate to="/recording/templates" replace />} />
            <Route path="templates" element={<Templates />} />
            <Route path="templates/:id" element={<TemplatePage />} />
            <Route path="rules/*" element={<Rules />} />
            <Route path="tasks/*" element={<Tasks />} />
            <Route path="*" element={<NotFound back="/recording" />} />
          </Routes>
        </Suspense>
      </Sections>
    </Page>
  );
}
