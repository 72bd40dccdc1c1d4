import { Card, Checkbox, Col, Flex, Row, theme, Typography } from 'antd';
import dayjs from 'dayjs';
import { Link } from 'react-router';
import { useLive } from '../api/live';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { bytes, duration } from '../lib/format';
import { beginOf } from './begin';
import { Cover } from './Cover';
import { Marks } from './Marks';
import { texts } from './texts';
import { Title } from './Title';
import { streamTitle, titleOf } from './titles';
import { pathOf, type MediaInfo } from './types';

export interface ShowProps {
  files: MediaInfo[];
  app: number;
  chosen: ReadonlyMap<string, MediaInfo>;
  choose: (files: MediaInfo[], on: boolean) => void;
  oldest: boolean;
  order: (oldest: boolean) => void;
}

/** How long and large a file is: of one being recorded, as told every two seconds. */
export function useExtent(info: MediaInfo): { seconds: number; size: number } {
  const now = useLive().streams.flatMap((s) => s.Recordings).find((r) => r.FileID === info.FileId);
  return now ? { seconds: now.Duration / 1000, size: now.Bytes } : { seconds: info.MetaData.Duration, size: info.MetaData.Size };
}

/** Files as pictures. */
export function MediaGrid({ files, app, chosen, choose }: Omit<ShowProps, 'oldest' | 'order'>) {
  return (
    <Row gutter={[12, 12]}>
      {files.map((info) => (
        <Col key={info.FileId} xs={24} sm={12} md={8} xl={6} xxl={4}>
          <Tile info={info} app={app} chosen={chosen.has(info.FileId)} choose={choose} />
        </Col>
      ))}
    </Row>
  );
}

function Tile({ info, app, chosen, choose }: { info: MediaInfo; app: number; chosen: boolean; choose: ShowProps['choose'] }) {
  const t = useTexts(texts);
  const { token } = theme.useToken();
  const { seconds, size } = useExtent(info);
  const to = pathOf(info.FileId, app);
  const live = info.BasicInfo.SourceInfo.LiveRecordInfo;
  return (
    <Card
      size="small"
      style={{ height: '100%', overflow: 'hidden', borderColor: chosen ? token.colorPrimary : undefined }}
      styles={{ body: { padding: 10 } }}
      cover={
        <div style={{ position: 'relative' }}>
          <Link to={to} tabIndex={-1} aria-hidden>
            <Cover info={info} />
          </Link>
          <span style={{ position: 'absolute', insetInlineEnd: 6, bottom: 6, padding: '0 6px', borderRadius: 4, background: 'rgba(0,0,0,.75)', color: '#fff', fontSize: 12 }}>
            {duration(seconds)}
          </span>
          <span style={{ position: 'absolute', insetInlineStart: 6, top: 6, padding: '2px 4px', borderRadius: 4, background: token.colorBgElevated, lineHeight: 1 }}>
            <Checkbox checked={chosen} aria-label={t.select(titleOf(info).slice(0, 80), info.BasicInfo.Type.toUpperCase())} onChange={(e) => choose([info], e.target.checked)} />
          </span>
        </div>
      }
    >
      <Flex vertical gap={6}>
        <Link to={to} style={{ display: 'block' }}>
          <Title info={info} />
        </Link>
        <Typography.Text type="secondary" style={{ fontSize: 12 }}>
          {!live && `${t.began[info.BasicInfo.SourceInfo.SourceType] ?? ''} `}
          {dayjs(beginOf(info)).format('YYYY-MM-DD HH:mm:ss')} · {bytes(size)}
        </Typography.Text>
        {live && streamTitle(info) === undefined && <Name>{`${live.Path}/${live.StreamId}`}</Name>}
        <Marks info={info} />
      </Flex>
    </Card>
  );
}
