import { useState } from 'react';
import { AudioOutlined, FileImageOutlined } from '@ant-design/icons';
import { theme } from 'antd';
import { useLive } from '../api/live';
import { Preview } from '../components/Preview';
import { useTexts } from '../i18n/texts';
import { texts } from './texts';
import { local, type MediaInfo } from './types';

/** The picture that stands for a file; a placeholder of the same shape where there is none, or none yet. */
export function Cover({ info, width = '100%' }: { info: MediaInfo; width?: number | string }) {
  const t = useTexts(texts);
  const { token } = theme.useToken();
  const { streams } = useLive();
  const [broken, setBroken] = useState('');
  // What is being recorded has no cover yet, but there is a picture of its stream.
  const live = info.BasicInfo.Status === 'Recording' ? streams.find((s) => s.Recordings.some((r) => r.FileID === info.FileId)) : undefined;
  const address = local(info.BasicInfo.CoverUrl);
  const sound = info.BasicInfo.Category === 'Audio';
  if (live && !sound) return <div style={{ width }}><Preview stream={live} label="" /></div>;
  const frame = { width, aspectRatio: '16 / 9', display: 'block', background: token.colorFillTertiary, objectFit: 'contain' as const };
  // What was forbidden is refused with its pictures: not asked for, nothing is missing on the page.
  if (address && address !== broken && info.BasicInfo.Status !== 'Forbidden') {
    return <img src={address} alt="" loading="lazy" style={{ ...frame, background: '#000' }} onError={() => setBroken(address)} />;
  }
  return (
    <div role="img" aria-label={sound ? t.sound : t.noCover} style={{ ...frame, display: 'grid', placeItems: 'center', color: token.colorTextTertiary, fontSize: 28 }}>
      {sound ? <AudioOutlined /> : <FileImageOutlined />}
    </div>
  );
}
