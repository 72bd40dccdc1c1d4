import { useState } from 'react';
import { AudioOutlined, VideoCameraOutlined } from '@ant-design/icons';
import { Flex, theme } from 'antd';
import { Link } from 'react-router';
import { useAction } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Panel } from '../components/Panel';
import { Aside, Heading } from '../components/Text';
import { useTexts } from '../i18n/texts';
import { bytes, clock, duration } from '../lib/format';
import { beginOf } from '../media/begin';
import { ends } from '../media/ends';
import { Title } from '../media/Title';
import { local, pathOf, type Found, type MediaInfo } from '../media/types';
import { texts } from './texts';

/** How many are shown: a line on a laptop. */
const few = 5;

/** Ends that are as they should be. */
const usual = ['', 'interval', 'stream_end', 'window_end', 'stopped', 'adopted'];

/** The recordings that were finished last, and why they ended where that is not as it should be. Nothing until there is one. */
export default function LastRecordings() {
  const t = useTexts(texts);
  const { data, error, refetch } = useAction<Found>('media', 'vod', 'SearchMedia', {
    SourceTypes: ['Record'], Status: ['Normal'], Sort: { Field: 'CreateTime', Order: 'Desc' }, Limit: few, Filters: ['basicInfo', 'metaData'],
  });
  if (error) return <Failure error={error} retry={() => void refetch()} />;
  if (!data?.MediaInfoSet.length) return null;
  return (
    <>
      <Flex justify="space-between" align="baseline" gap={12}>
        <Heading>{t.last}</Heading>
        <Link to="/media">{t.all}</Link>
      </Flex>
      <div className="recordings">
        {data.MediaInfoSet.map((info) => (
          <Recording key={info.FileId} info={info} />
        ))}
      </div>
    </>
  );
}

/** "2026-01-02 20:10:00", here. */
const date = (text: string) => `${new Date(text).toLocaleDateString('sv')} ${clock(Date.parse(text))}`;

/** Its picture. That of the catalogue's pages brings more with it. */
function Cover({ info }: { info: MediaInfo }) {
  const address = local(info.BasicInfo.CoverUrl);
  const [broken, setBroken] = useState(false);
  return (
    <div className="preview" style={{ marginBottom: 8 }}>
      {address && !broken ? <img src={address} alt="" loading="lazy" onError={() => setBroken(true)} /> : info.BasicInfo.Category === 'Audio' ? <AudioOutlined /> : <VideoCameraOutlined />}
    </div>
  );
}

function Recording({ info }: { info: MediaInfo }) {
  const t = useTexts(texts);
  const why = useTexts(ends);
  const { token } = theme.useToken();
  const { Reason: reason } = info.RecordInfo;
  return (
    <Panel padding={8} style={{ minWidth: 0 }}>
      <Cover info={info} />
      <Link to={pathOf(info.FileId, 0)} className="whole" style={{ display: 'block', minWidth: 0 }}>
        <Title info={info} />
      </Link>
      <div style={{ fontSize: 12 }}>
        <Aside>
          {date(beginOf(info))}
          <br />
          {`${info.BasicInfo.Type.toUpperCase()} · ${duration(info.MetaData.Duration)} · ${bytes(info.MetaData.Size)}`}
        </Aside>
        {!usual.includes(reason) && <div style={{ color: token.colorWarning }}>{t.ended(why[reason] ?? reason)}</div>}
      </div>
    </Panel>
  );
}
