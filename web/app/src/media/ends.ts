// Why files of recordings end, by what the server calls it.

const en: Record<string, string> = {
  interval: 'the template’s file length was reached', no_random_access: 'no key frame came within twice the file length', parameters: 'the encoding changed', tracks: 'a track was added or left', discontinuity: 'the time of the stream jumped', stream_end: 'the push ended', window_end: 'the window of its task ended', stopped: 'it was stopped',
  shutdown: 'the server was stopped', write_error: 'the disk refused to write', no_space: 'the disk was full', quota: 'the quota was used up', no_storage: 'the storage was gone', crash: 'the server was killed', adopted: 'found in the storage and taken in',
};

const zh: Record<string, string> = {
  interval: '达到模板设定的文件时长', no_random_access: '两倍文件时长内没有关键帧', parameters: '编码参数改变', tracks: '轨道增减', discontinuity: '流的时间戳跳变', stream_end: '推流结束', window_end: '录制任务时段结束', stopped: '已手动停止',
  shutdown: '服务器停止', write_error: '磁盘写入失败', no_space: '磁盘已满', quota: '存储配额用尽', no_storage: '存储不可用', crash: '服务器异常退出', adopted: '在存储中发现并收录',
};

export const ends = { en, zh };
