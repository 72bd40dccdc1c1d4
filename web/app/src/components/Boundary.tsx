import { Component, useEffect, useState, type ReactNode } from 'react';
import { Alert, Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useLive } from '../api/live';

/** Says that a part of the console cannot be shown, such as after an update of the server, which no longer has the scripts of before. */
export class Boundary extends Component<{ children: ReactNode }, { error: Error | undefined }> {
  override state = { error: undefined as Error | undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    return this.state.error ? <Broken text={this.state.error.message} /> : this.props.children;
  }
}

/** Says why. While the server is away, that is why: the window is loaded anew as soon as it is back. */
function Broken({ text }: { text: string }) {
  const { t } = useTranslation();
  const { connected, heard } = useLive();
  const [away, setAway] = useState(false);
  if (!away && heard !== undefined && !connected) setAway(true);
  useEffect(() => {
    if (away && connected) location.reload();
  }, [away, connected]);
  if (away) return <Alert type="info" showIcon title={t('app.away')} style={{ margin: 16 }} />;
  return (
    <Alert
      type="error"
      showIcon
      title={t('app.broken')}
      description={text}
      action={
        <Button size="small" onClick={() => location.reload()}>
          {t('app.reload')}
        </Button>
      }
      style={{ margin: 16 }}
    />
  );
}
