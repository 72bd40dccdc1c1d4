import { useTranslation } from 'react-i18next';
import { Link } from 'react-router';
import { Panel } from '../components/Panel';
import { Page } from './Page';

/** Says that an address is that of nothing, with a way on. */
export function NotFound({ back = '/' }: { back?: string }) {
  const { t } = useTranslation();
  return (
    <Panel padding={24}>
      <p style={{ margin: '0 0 8px' }}>{t('app.nothing')}</p>
      <Link to={back}>{t('app.back')}</Link>
    </Panel>
  );
}

/** A page of its own for an address that is that of none. */
export function NoPage({ back = '/' }: { back?: string }) {
  const { t } = useTranslation();
  return (
    <Page title={t('app.notFound')}>
      <NotFound back={back} />
    </Page>
  );
}
