import { useEffect, useState } from 'react';
import { Alert } from 'antd';
import { useTranslation } from 'react-i18next';
import { useTrouble } from '../api/hooks';
import { useLive } from '../api/live';
import { Failure } from '../components/Failure';
import { clock } from '../lib/format';

/** How long the server may be silent before that is said, in ms: every page begins without it, and a restart takes no longer. */
const patience = 1500;

/** Whether the server is not heard of any more, so that what is shown is of before. */
export function useSilent(): boolean {
  const { connected } = useLive();
  const [silent, setSilent] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSilent(!connected), connected ? 0 : patience);
    return () => clearTimeout(timer);
  }, [connected]);
  return silent;
}

/** Says when what is shown is of before: the server is not heard of, or does not answer anew. */
export function Trouble({ silent }: { silent: boolean }) {
  const { t } = useTranslation();
  const { heard } = useLive();
  const { error, retry } = useTrouble();
  return (
    <div role="status">
      {silent ? (
        <Alert type="error" showIcon title={heard === undefined ? t('app.offline') : t('app.silent', { time: clock(heard) })} style={{ marginBottom: 16 }} />
      ) : (
        error && !error.unreachable && <Failure error={error} retry={retry} />
      )}
    </div>
  );
}
