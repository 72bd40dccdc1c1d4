// What a file is called where there is little room.
import dayjs from 'dayjs';
import { beginOf } from './begin';
import { streamTitle } from './streamTitle';
import type { MediaInfo } from './types';

export { streamTitle };

/** A moment in the browser's zone. */
export const moment = (text: string) => dayjs(text).format('YYYY-MM-DD HH:mm:ss');

/** A title in one line: names by default differ only in their times, which are those of the server's zone and far behind. */
export function titleOf(info: MediaInfo): string {
  const stream = streamTitle(info);
  return stream === undefined ? info.BasicInfo.Name : `${stream}, ${moment(beginOf(info))}`;
}

/** What a file is called that is made of one, in at most 64 characters; part is told first where names are long, for cards cut them off. */
export function nameFrom(info: MediaInfo, part = ''): string {
  const cut = (text: string, n: number) => [...text].slice(0, n).join('');
  if (streamTitle(info) === undefined) return `${cut(info.BasicInfo.Name, part ? 40 : 64)}${part && ` ${part}`}`;
  const { StreamId } = info.BasicInfo.SourceInfo.LiveRecordInfo!;
  return `${cut(StreamId, 20)} ${part && `${part}, `}${moment(beginOf(info))}`;
}

/** What is best played first: the order of the formats of one recording. */
const formats = ['mp4', 'hls', 'flv', 'm4a', 'aac', 'mp3'];
const place = (info: MediaInfo) => (formats.indexOf(info.BasicInfo.Type) + formats.length + 1) % (formats.length + 1);

/** Whether two files are one recording in two formats: those begin at once, and end when each is done, in any order. */
function together(a: MediaInfo, b: MediaInfo): boolean {
  const [x, y] = [a.BasicInfo.SourceInfo.LiveRecordInfo, b.BasicInfo.SourceInfo.LiveRecordInfo];
  return !!x && !!y && x.Domain === y.Domain && x.Path === y.Path && x.StreamId === y.StreamId && Math.abs(Date.parse(x.RecordStartTime) - Date.parse(y.RecordStartTime)) < 2000;
}

/** Files in their order, but the formats of one recording side by side and always in the same, whatever else began or ended with them. */
export function steady(files: MediaInfo[]): MediaInfo[] {
  const groups: MediaInfo[][] = [];
  for (const file of files) {
    const group = groups.find(([first]) => together(first!, file));
    if (group) group.push(file);
    else groups.push([file]);
  }
  return groups.flatMap((group) => group.sort((a, b) => place(a) - place(b)));
}
