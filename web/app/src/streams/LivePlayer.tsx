import { useEffect, useRef, useState } from 'react';
import { Button, Flex, Typography } from 'antd';
import { useAction } from '../api/hooks';
import type { LiveStream } from '../api/live';
import { useTexts } from '../i18n/texts';
import { Failure } from '../components/Failure';
import { visible } from '../components/Name';
import { Preview } from '../components/Preview';
import { keyOf, playAddress, type StreamAddresses } from './model';
import { playFLV, playHLS, wayToPlay, type Broken } from './play';
import { texts } from './texts';

type State = 'loading' | 'playing' | Broken;

/** Plays a live stream at once, without sound until one asks for it, as browsers demand. Give it the session as key: a new push is a new player. */
export function LivePlayer({ stream }: { stream: LiveStream }) {
  const t = useTexts(texts);
  const addresses = useAction<StreamAddresses>('settings', 'live', 'DescribeStreamAddresses', keyOf(stream));
  // Phones of Apple have none, but play HLS themselves.
  const script = typeof MediaSource !== 'undefined';
  const { by, without } = script ? wayToPlay(stream.Tracks, (type) => MediaSource.isTypeSupported(type)) : { by: 'hls' as const, without: [] };
  if (addresses.error) return <Failure error={addresses.error} retry={() => void addresses.refetch()} />;
  if (stream.Tracks.length === 0) return <Stage text={t.nothingToPlay} />;
  if (!by) return <Stage text={t.unsupported(without.join(', '))} stream={stream} />;
  if (!addresses.data) return <Stage text={t.loading} />;
  return (
    <>
      <Video key={by} stream={stream} answer={addresses.data} by={by} renew={addresses.refetch} />
      {without.length > 0 && <Typography.Text type="secondary">{t.without(without.join(', '))}</Typography.Text>}
    </>
  );
}

/** What stands where the picture would: words, over the stream's preview if it has one. */
function Stage({ text, again, stream }: { text: string; again?: () => void; stream?: LiveStream }) {
  const t = useTexts(texts);
  return (
    <div style={{ position: 'relative', aspectRatio: '16 / 9', background: '#101418', borderRadius: 6, overflow: 'hidden' }}>
      {stream?.Preview && <Preview stream={stream} label={t.picture(visible(`${stream.AppName}/${stream.StreamName}`))} />}
      <Flex vertical align="center" justify="center" gap={12} style={{ position: 'absolute', inset: 0, padding: 16, textAlign: 'center', background: stream?.Preview ? 'rgba(16,20,24,.72)' : undefined }}>
        <Typography.Text style={{ color: '#fff', maxWidth: 480 }} role="status">
          {text}
        </Typography.Text>
        {again && <Button onClick={again}>{t.again}</Button>}
      </Flex>
    </div>
  );
}

interface VideoProps {
  stream: LiveStream;
  answer: StreamAddresses;
  by: 'flv' | 'hls';
  /** Has the addresses signed anew: the old signature may have expired since. */
  renew: () => Promise<unknown>;
}

function Video({ stream, answer, by, renew }: VideoProps) {
  const t = useTexts(texts);
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<State>('loading');
  const [behind, setBehind] = useState('');
  const [attempt, setAttempt] = useState(0);
  const address = playAddress(stream, answer, location.origin, by);
  // What is signed anew meanwhile is no reason to begin again.
  const latest = useRef(address);
  useEffect(() => {
    latest.current = address;
  }, [address]);
  useEffect(() => {
    const element = video.current!;
    const off = new AbortController();
    const failed = (why: Broken) => !off.signal.aborted && setState(why);
    void (by === 'flv' ? playFLV : playHLS)(element, latest.current, failed, off.signal).then(
      () => {
        if (!off.signal.aborted) void element.play().catch(() => undefined);
      },
      () => failed('broken'),
    );
    return () => off.abort();
  }, [by, attempt]);
  const failed = state === 'broken' || state === 'badMedia';
  const again = () => {
    setState('loading');
    void renew().then(() => setAttempt(attempt + 1));
  };
  const late = ({ buffered, currentTime }: HTMLVideoElement) =>
    setBehind(buffered.length ? Math.max(0, buffered.end(buffered.length - 1) - currentTime).toFixed(1) : '');
  return (
    <>
      {failed && <Stage text={t[state]} again={again} />}
      <div style={{ position: 'relative', display: failed ? 'none' : undefined }}>
        <video
          ref={video}
          muted
          autoPlay
          playsInline
          controls
          aria-label={t.watchName(visible(`${stream.AppName}/${stream.StreamName}`))}
          onPlaying={() => setState('playing')}
          onTimeUpdate={(event) => late(event.currentTarget)}
          style={{ width: '100%', aspectRatio: '16 / 9', background: '#101418', borderRadius: 6, display: 'block' }}
        />
        <Typography.Text style={{ position: 'absolute', top: 8, insetInlineEnd: 8, color: '#fff', background: 'rgba(0,0,0,.65)', borderRadius: 4, padding: '0 6px', fontSize: 12 }}>
          {state === 'loading' ? t.loading : behind && t.behind(behind)}
        </Typography.Text>
      </div>
    </>
  );
}
