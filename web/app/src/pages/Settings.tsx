import { lazy, Suspense, type ComponentType, type LazyExoticComponent } from 'react';
import { Skeleton, Typography } from 'antd';
import { useTranslation } from 'react-i18next';
import { Navigate, Route, Routes, useLocation, useNavigate } from 'react-router';
import { Sections } from '../components/Sections';
import { useTexts } from '../i18n/texts';
import { NoPage } from '../layout/NotFound';
import { Page } from '../layout/Page';
import { texts } from '../settings/texts';

/** The sections in their order: the address below /settings, which texts.ts names too, and what it shows. */
const sections: { key: keyof (typeof texts)['en']['sections']; show: LazyExoticComponent<ComponentType> }[] = [
  { key: 'domains', show: lazy(() => import('../settings/Domains').then((m) => ({ default: m.Domains }))) },
  { key: 'play', show: lazy(() => import('../settings/Play').then((m) => ({ default: m.Play }))) },
  { key: 'apps', show: lazy(() => import('../settings/Apps').then((m) => ({ default: m.Apps }))) },
  { key: 'storage', show: lazy(() => import('../settings/Storage').then((m) => ({ default: m.Storage }))) },
  { key: 'keys', show: lazy(() => import('../settings/AccessKeys').then((m) => ({ default: m.AccessKeys }))) },
  { key: 'audit', show: lazy(() => import('../settings/Audit').then((m) => ({ default: m.Audit }))) },
  { key: 'console', show: lazy(() => import('../settings/Console').then((m) => ({ default: m.Console }))) },
];

/** Settings, each section at its own address. */
export default function Settings() {
  const { t } = useTranslation();
  const own = useTexts(texts);
  const navigate = useNavigate();
  const here = useLocation().pathname.split('/')[2] || 'domains';
  if (!sections.some(({ key }) => key === here)) return <NoPage back="/settings" />;
  return (
    <Page title={t('nav.settings')}>
      <Sections
        label={own.section}
        active={here}
        onChange={(key) => void navigate(`/settings/${key}`)}
        items={sections.map(({ key }) => ({ key, label: own.sections[key] }))}
      >
        <div style={{ maxWidth: 1080 }}>
          <Typography.Paragraph type="secondary">{own.intros[here as keyof typeof own.intros]}</Typography.Paragraph>
          <Suspense fallback={<Skeleton active />}>
            <Routes>
              {sections.map(({ key, show: Show }) => (
                <Route key={key} path={`${key}/*`} element={<Show />} />
              ))}
              <Route index element={<Navigate to="/settings/domains" replace />} />
            </Routes>
          </Suspense>
        </div>
      </Sections>
    </Page>
  );
}
