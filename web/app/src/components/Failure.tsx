import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { ApiError } from '../api/client';

/** What went wrong, in the server's words: they say what to do. */
export function Failure({ error, retry }: { error: ApiError; retry?: () => void }) {
  const { t } = useTranslation();
  return (
    <Alert
      type="error"
      showIcon
      title={error.message}
      description={[error.code, error.requestId].filter(Boolean).join(' · ')}
      action={retry && <Button size="small" onClick={retry}>{t('app.retry')}</Button>}
      style={{ marginBottom: 16 }}
    />
  );
}
