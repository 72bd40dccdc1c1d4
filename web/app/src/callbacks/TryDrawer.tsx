import { useState } from 'react';
import { Alert, App, Button, Drawer, Flex, Grid, Typography } from 'antd';
import dayjs from 'dayjs';
import { useAction, useChange } from '../api/hooks';
import { useLive } from '../api/live';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { isKind, type Tries, type Try } from './api';
import { Exchange } from './Exchange';
import { spanOf } from './filters';
import { texts } from './texts';

interface Props {
  shown: Try;
  onClose: () => void;
  /** Shows every try of the event. */
  onAll: () => void;
}

/** One try: what was sent and what came back. Where it is sent again, the new try takes its place. */
export function TryDrawer({ shown, onClose, onAll }: Props) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const wide = Grid.useBreakpoint().lg ?? true;
  const { at = Date.now() } = useLive();
  const [again, setAgain] = useState(false);
  const replay = useChange<object, { EventCount: number }>('live', 'ReplayCallbacks', ['callbacks']);
  const { data, error } = useAction<Tries>('callbacks', 'live', 'DescribeCallbackRecordsList', { ...spanOf('', at), StreamName: shown.StreamId, EventId: shown.EventId, PageNum: 1, PageSize: 1 }, { enabled: again, keep: true });
  const last = again ? data?.DataInfoList[0] : undefined;
  const newer = last && last.EventTime > shown.EventTime ? last : undefined;
  const seen = newer ?? shown;
  const send = () =>
    replay.mutate({ EventIds: [shown.EventId] }, {
      onSuccess: ({ EventCount }) => {
        void message.info(t.replayed(EventCount));
        if (EventCount) setAgain(true);
      },
      // Over the drawer.
      onError: (error) => void message.error(error.message),
    });
  return (
    <Drawer
      open
      onClose={onClose}
      size={wide ? 720 : '100%'}
      title={`${isKind(shown.EventType) ? t.kind[shown.EventType] : t.type(shown.EventType)} · ${t.eventId} ${shown.EventId}`}
      extra={<Button type="primary" loading={replay.isPending} onClick={send}>{t.replay}</Button>}
    >
      <Flex vertical gap={12}>
        {error && <Failure error={error} />}
        <div aria-live="polite">{again && <Alert type={newer ? 'success' : 'info'} showIcon title={newer ? t.newTry : t.noNewTry} />}</div>
        <Typography.Text type="secondary"><span className="name">{`${seen.DomainName}/${seen.AppName}/${seen.StreamId}`}</span> · {dayjs(seen.EventTime).format('YYYY-MM-DD HH:mm:ss')}</Typography.Text>
        <Exchange key={seen.EventTime} data={seen} />
        <Button type="link" style={{ alignSelf: 'start', padding: 0 }} onClick={onAll}>{t.allOfEvent}</Button>
      </Flex>
    </Drawer>
  );
}
