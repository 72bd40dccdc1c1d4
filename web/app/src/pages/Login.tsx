import { useEffect, useState, type FormEvent } from 'react';
import { Alert, Button, Flex } from 'antd';
import Password from 'antd/es/input/Password';
import { useTranslation } from 'react-i18next';
import type { ApiError } from '../api/client';
import { Panel } from '../components/Panel';
import { Aside } from '../components/Text';
import { arrive } from '../layout/arrive';
import { useSession } from '../session';

/** What the server says goes on elsewhere after a colon. */
const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** Asks for the password. */
export default function Login() {
  const { t } = useTranslation();
  const { login, ended } = useSession();
  const [password, setPassword] = useState('');
  const [error, setError] = useState<ApiError>();
  const [busy, setBusy] = useState(false);
  useEffect(() => arrive('/login', false, null), []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!password) return;
    setBusy(true);
    setError(undefined);
    await login(password).catch((cause: ApiError) => setError(cause));
    setBusy(false);
  };
  return (
    <Flex align="center" justify="center" style={{ minHeight: '100vh', padding: 16 }}>
      <main style={{ width: 380, maxWidth: '100%' }}>
        <Panel padding={24}>
          <Flex align="center" gap={12} style={{ marginBottom: 24 }}>
            <img src="/console/icon.svg" width={44} height={44} alt="" />
            <h1 style={{ margin: 0, fontSize: 26, fontWeight: 600 }}>Aircheck</h1>
          </Flex>
          <form onSubmit={(event) => void submit(event)}>
            {ended && !error && <Alert type="info" showIcon title={t('login.ended')} style={{ marginBottom: 16 }} role="alert" />}
            {error && <Alert type="error" showIcon title={error.code === 'WrongPassword' ? t('login.wrong') : sentence(error.message)} style={{ marginBottom: 16 }} role="alert" />}
            <label htmlFor="password" style={{ display: 'block', marginBottom: 8 }}>
              {t('login.password')}
            </label>
            <Password id="password" autoFocus autoComplete="current-password" size="large" value={password} onChange={(event) => setPassword(event.target.value)} style={{ marginBottom: 24 }} />
            <Button type="primary" htmlType="submit" size="large" block loading={busy}>
              {t('login.submit')}
            </Button>
          </form>
          <p style={{ margin: '20px 0 0' }}>
            <Aside>
              {t('login.hint')} {t('login.forgotten')} <code>aircheck password</code>
            </Aside>
          </p>
        </Panel>
      </main>
    </Flex>
  );
}
