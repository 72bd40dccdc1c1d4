// Why something is missing in a file, as the server says it, in the language of the page.
import type { PageTexts } from '../i18n/texts';

const undecodable = 'it begins amid a group of pictures: what comes before the next random access point may not be decodable';

const en = {
  seconds: (n: string) => `${n} s`,
  why: { [undecodable]: 'it begins between key frames: what comes before the next one may not be decodable' } as Record<string, string>,
};

const zh: typeof en = {
  seconds: (n) => `${n} 秒`,
  why: {
    'nothing was recorded in that time': '该时段没有录制', 'that time was left out': '该时段未选入', 'no media came; this format leaves the time out': '没有收到媒体数据，此格式会略去这段时间',
    'the publisher was away': '推流中断', 'the storage could not be written': '存储写入失败', 'the disk was full': '磁盘已满', 'the quota was used up': '存储配额用尽', 'the storage was not there': '存储不可用',
    'packets were lost on the network': '网络丢包', 'the disk was too slow': '磁盘过慢', [undecodable]: '从一组画面中间开始：下一个关键帧之前的内容可能无法解码',
  },
};

export const gapTexts = { en, zh } satisfies PageTexts<typeof en>;
