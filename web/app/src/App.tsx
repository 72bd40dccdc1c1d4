import { lazy, Suspense } from 'react';
import { Spin } from 'antd';
import { BrowserRouter, Route, Routes } from 'react-router';
import { Boundary } from './components/Boundary';
import { Failure } from './components/Failure';
import { useSession } from './session';

const Shell = lazy(() => import('./layout/Shell'));
const Talking = lazy(() => import('./layout/Talking'));
const Login = lazy(() => import('./pages/Login'));
const Overview = lazy(() => import('./pages/Overview'));
const Streams = lazy(() => import('./pages/Streams'));
const Recording = lazy(() => import('./pages/Recording'));
const Media = lazy(() => import('./pages/Media'));
const Callbacks = lazy(() => import('./pages/Callbacks'));
const NoPage = lazy(() => import('./layout/NotFound').then((m) => ({ default: m.NoPage })));
const Settings = lazy(() => import('./pages/Settings'));
const Explorer = lazy(() => import('./pages/Explorer'));

/** All pages, behind the login. */
export function App() {
  const { loggedIn, error, recheck } = useSession();
  if (error) {
    return (
      <div style={{ maxWidth: 560, margin: '20vh auto', padding: 16 }}>
        <Failure error={error} retry={recheck} />
      </div>
    );
  }
  return (
    <Boundary>
      <Suspense fallback={<Spin fullscreen delay={300} />}>
        {loggedIn === undefined ? <Spin fullscreen delay={300} /> : loggedIn ? <Pages /> : <Login />}
      </Suspense>
    </Boundary>
  );
}

function Pages() {
  return (
    <BrowserRouter basename="/console">
      <Routes>
        <Route element={<Shell />}>
          <Route index element={<Overview />} />
          <Route element={<Talking />}>
            <Route path="streams/*" element={<Streams />} />
            <Route path="recording/*" element={<Recording />} />
            <Route path="media/*" element={<Media />} />
            <Route path="callbacks/*" element={<Callbacks />} />
            <Route path="settings/*" element={<Settings />} />
            <Route path="explorer/*" element={<Explorer />} />
          </Route>
          <Route path="*" element={<NoPage />} />
        </Route>
      </Routes>
    </BrowserRouter>
  );
}
