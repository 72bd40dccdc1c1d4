import { lazy, Suspense, useRef, useState } from 'react';
import {
  BellOutlined, CodeOutlined, DashboardOutlined, MenuOutlined, PlaySquareOutlined, SettingOutlined, UserOutlined, VideoCameraOutlined, FolderOpenOutlined,
} from '@ant-design/icons';
import { Button, Dropdown, Flex, Grid, Layout, Menu, Skeleton, theme } from 'antd';
import { useTranslation } from 'react-i18next';
import { Link, Outlet, useLocation, useNavigate } from 'react-router';
import { setLanguage, type Language } from '../i18n';
import { useServerEvents } from '../api/live';
import { useSession } from '../session';
import { useMode, type Mode } from '../theme';
import type { ApiError } from '../api/client';
import { Boundary } from '../components/Boundary';
import { Failure } from '../components/Failure';
import { Trouble, useSilent } from './Trouble';

const Drawer = lazy(() => import('antd/es/drawer'));

const pages = [
  { key: '/', text: 'nav.overview', icon: <DashboardOutlined /> },
  { key: '/streams', text: 'nav.streams', icon: <VideoCameraOutlined /> },
  { key: '/recording', text: 'nav.recording', icon: <PlaySquareOutlined /> },
  { key: '/media', text: 'nav.media', icon: <FolderOpenOutlined /> },
  { key: '/callbacks', text: 'nav.callbacks', icon: <BellOutlined /> },
  { key: '/settings', text: 'nav.settings', icon: <SettingOutlined /> },
  { key: '/explorer', text: 'nav.explorer', icon: <CodeOutlined /> },
];

/** Menu and content. */
export default function Shell() {
  const { t } = useTranslation();
  useServerEvents(useSession().recheck);
  const { token } = theme.useToken();
  const wide = Grid.useBreakpoint().lg ?? true;
  // undefined until it was first wanted: it is loaded then.
  const [open, setOpen] = useState<boolean>();
  const [failure, setFailure] = useState<ApiError>();
  const silent = useSilent();
  const content = useRef<HTMLElement>(null);
  const navigate = useNavigate();
  const { pathname } = useLocation();
  const here = `/${pathname.split('/')[1] ?? ''}`;
  const menu = (
    <Menu
      mode="inline"
      style={{ borderInlineEnd: 0 }}
      selectedKeys={[here]}
      // Links, so that a page can be opened beside this one; the keys of a menu do not follow them.
      items={pages.map(({ key, text, icon }) => ({ key, icon, label: <Link to={key} tabIndex={-1}>{t(text as never)}</Link> }))}
      onClick={({ key, domEvent }) => {
        setOpen(open && false);
        if (domEvent.type === 'keydown') void navigate(key);
      }}
    />
  );
  return (
    <Layout style={{ minHeight: '100vh' }}>
      <Button className="skip" onClick={() => content.current?.focus()}>
        {t('app.skip')}
      </Button>
      {wide && (
        <Layout.Sider width={208} theme="light" style={{ position: 'sticky', top: 0, height: '100vh', overflow: 'auto', borderInlineEnd: `1px solid ${token.colorSplit}` }}>
          <Brand />
          <nav aria-label={t('app.menu')}>{menu}</nav>
        </Layout.Sider>
      )}
      <Layout>
        <Layout.Header style={{ background: token.colorBgContainer, padding: '0 16px', height: 52, lineHeight: 'normal', borderBottom: `1px solid ${token.colorSplit}` }}>
          <Flex align="center" justify="space-between" style={{ height: '100%' }}>
            {wide ? <span /> : <Button type="text" icon={<MenuOutlined />} aria-label={t('app.menu')} onClick={() => setOpen(true)} />}
            <Account failed={setFailure} />
          </Flex>
        </Layout.Header>
        <Layout.Content ref={content} tabIndex={-1} className={silent ? 'stale' : ''} style={{ padding: wide ? 24 : 12, outline: 'none' }}>
          <Trouble silent={silent} />
          {failure && <Failure error={failure} />}
          <Boundary key={here}>
            <Suspense fallback={<Skeleton active />}>
              <Outlet />
            </Suspense>
          </Boundary>
        </Layout.Content>
      </Layout>
      {!wide && open !== undefined && (
        <Suspense fallback={null}>
          <Drawer placement="left" open={open} onClose={() => setOpen(false)} size={240} title={<Brand />} styles={{ body: { padding: 0 } }}>
            <nav aria-label={t('app.menu')}>{menu}</nav>
          </Drawer>
        </Suspense>
      )}
    </Layout>
  );
}

function Brand() {
  return (
    <Flex align="center" gap={10} style={{ padding: '12px 20px', height: 52 }}>
      <img src="/console/icon.svg" width={26} height={26} alt="" />
      <strong style={{ fontSize: 17, fontWeight: 600 }}>Aircheck</strong>
    </Flex>
  );
}

/** Who is logged in, and how it looks to them. failed is told why nobody could be logged out. */
function Account({ failed }: { failed: (error: ApiError | undefined) => void }) {
  const { t, i18n } = useTranslation();
  const { logout, version } = useSession();
  const { mode, setMode } = useMode();
  return (
    <Dropdown
      trigger={['click']}
      menu={{
        selectable: true,
        selectedKeys: [`mode:${mode}`, `lang:${i18n.language}`],
        items: [
          { type: 'group', label: t('app.language'), children: [{ key: 'lang:en', label: 'English' }, { key: 'lang:zh', label: '中文' }] },
          {
            type: 'group',
            label: t('app.theme'),
            children: (['system', 'light', 'dark'] as const).map((m) => ({ key: `mode:${m}`, label: t(`app.${m}`) })),
          },
          { type: 'divider' },
          { key: 'logout', label: t('app.logout') },
          { key: 'version', label: `Aircheck ${version}`, disabled: true },
        ],
        onClick: ({ key }) => {
          const [kind, value] = key.split(':');
          if (kind === 'lang') void setLanguage(value as Language);
          else if (kind === 'mode') setMode(value as Mode);
          else if (kind === 'logout') logout().then(() => failed(undefined), failed);
        },
      }}
    >
      <Button type="text" icon={<UserOutlined />} aria-label={t('app.account')} />
    </Dropdown>
  );
}
