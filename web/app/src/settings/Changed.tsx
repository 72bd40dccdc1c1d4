import { Alert, Button } from 'antd';
import { useTexts } from '../i18n/texts';
import { texts } from './texts';

/** Says that somebody else has changed what is being typed over. */
export function Changed({ take }: { take: () => void }) {
  const t = useTexts(texts);
  return <Alert type="warning" showIcon title={t.changed} action={<Button size="small" onClick={take}>{t.take}</Button>} style={{ marginBottom: 16 }} />;
}
