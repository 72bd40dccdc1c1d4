import { useState } from 'react';
import { App, Button } from 'antd';
import { DisconnectOutlined, StopOutlined } from '@ant-design/icons';
import { useChange } from '../api/hooks';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { ForbidForm } from './ForbidForm';
import { keyOf, type StreamKey } from './model';
import { texts } from './texts';

/** Disconnects the publisher of a stream, or keeps it out. */
export function StreamActions({ stream, live, size = 'middle' }: { stream: StreamKey; live: boolean; size?: 'small' | 'middle' }) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const [forbidding, setForbidding] = useState(false);
  const drop = useChange<StreamKey>('live', 'DropLiveStream', ['streams']);
  const disconnect = () =>
    drop.mutateAsync(keyOf(stream)).then(
      () => message.success(t.dropped),
      (error: Error) => message.error(error.message),
    );
  return (
    <>
      {live && (
        <Popconfirm title={t.dropAsk} description={<div style={{ maxWidth: 320 }}>{t.dropText}</div>} okText={t.drop} okButtonProps={{ danger: true }} onConfirm={disconnect}>
          <Button size={size} icon={<DisconnectOutlined />} loading={drop.isPending}>
            {t.drop}
          </Button>
        </Popconfirm>
      )}
      <Button size={size} danger icon={<StopOutlined />} onClick={() => setForbidding(true)}>
        {t.forbid}
      </Button>
      {forbidding && <ForbidForm stream={stream} close={() => setForbidding(false)} />}
    </>
  );
}
