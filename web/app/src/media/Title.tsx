import { Tooltip } from 'antd';
import { Name, visible } from '../components/Name';
import { streamTitle } from './streamTitle';
import type { MediaInfo } from './types';

/** What a file is called on a card: the name that somebody gave it, or else its stream, for which the whole name is there to be pointed at. */
export function Title({ info }: { info: MediaInfo }) {
  const stream = streamTitle(info);
  if (stream === undefined) return <Name strong>{info.BasicInfo.Name}</Name>;
  return (
    <Tooltip title={<bdi>{visible(info.BasicInfo.Name.slice(0, 500))}</bdi>}>
      <span className="name" style={{ fontWeight: 600 }}>{visible(stream)}</span>
    </Tooltip>
  );
}
