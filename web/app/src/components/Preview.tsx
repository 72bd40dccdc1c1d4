import { useEffect, useRef, useState } from 'react';
import { AudioOutlined, VideoCameraOutlined } from '@ant-design/icons';
import { useLive, type LiveStream } from '../api/live';

/** How long a picture stays, in ms; the server makes them no more often. */
const fresh = 10_000;

/** What a stream shows: a picture of the last seconds, fetched anew only while one can see it, and by the server's clock rather than one of its own. */
export function Preview({ stream, label }: { stream: LiveStream; label: string }) {
  const { at = 0 } = useLive();
  const box = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  const [shown, setShown] = useState(0);
  const [missing, setMissing] = useState(0);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => setSeen(entry?.isIntersecting ?? false));
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  const now = Math.floor((at - stream.StartTime) / fresh) + 1;
  if (seen && now !== shown && document.visibilityState === 'visible') setShown(now);
  const query = new URLSearchParams({ domain: stream.DomainName, app: stream.AppName, stream: stream.StreamName, id: stream.ID, n: String(shown) });
  return (
    <div ref={box} className="preview">
      {stream.Preview && shown > 0 && missing !== shown ? (
        <img loading="lazy" src={`/console/preview?${query}`} alt={label} onError={() => setMissing(shown)} />
      ) : stream.Tracks.some((track) => track.Kind === 'video') ? (
        <VideoCameraOutlined />
      ) : (
        <AudioOutlined />
      )}
    </div>
  );
}
