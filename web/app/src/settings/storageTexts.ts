/** What a comparison finds. */
export type Found = 'adopted' | 'lost' | 'found' | 'changed' | 'unreadable' | 'part_missing';

export const texts = {
  en: {
    rooms: 'Disks', recordings: 'Recordings', free: (free: string, total: string) => `${free} free of ${total}`, used: (name: string) => `How full the disk of ${name} is`, quota: (used: string, quota: string) => `${used} of the ${quota} that recordings may occupy (storage.quota)`,
    floor: (floor: string) => `Recordings end properly when less than ${floor} is free (storage.min_free).`,
    stored: 'What is stored', files: 'Files in the catalogue', total: 'Stored', standard: 'Standard', infrequent: 'Infrequent access', app: 'Application', primary: 'Primary application', part: (name: string, percent: number) => `${name}: ${percent} % of what is stored`,
    keep: 'How long files are kept',
    whenFull: { stop: 'When the disk is full, recording stops and begins again when there is room. Nothing is deleted for want of room.', delete_oldest: 'When room runs out, the oldest recordings that are not held are deleted to make room.' } as Record<string, string>,
    whenFullHow: 'storage.when_full in the configuration says so.',
    template: (name: string) => `Template ${name}`, forever: 'for ever', held: 'A file with a legal hold is kept until the hold is lifted.', noTemplates: 'No template says how long: see Recording.',
    compare: 'Catalogue and disk compared', compareNow: 'Compare now', none: 'Nothing has been compared since the server started.', running: 'The comparison is running.', good: 'The catalogue and the disk agree.',
    looked: (assets: number, files: number, when: string) => `${assets} files of the catalogue and ${files} recordings on disk were looked at, ${when}.`, differ: 'The catalogue and the disk differ.', more: 'Only the first 100 findings are shown.',
    what: {
      adopted: ['Adopted', 'It was on disk only, and is in the catalogue now. Nothing to do.'], lost: ['Missing', 'Restore the file to this place from a backup and compare again, or delete it from the catalogue.'],
      found: ['Back again', 'It was missing, and plays again. Nothing to do.'], changed: ['Another size', 'Somebody or something wrote to it: play it, and restore it from a backup if it is harmed.'],
      unreadable: ['Unreadable', 'It has the name of a recording, but nothing in it can be played. Move it away if it is none of yours.'], part_missing: ['Cover or the like missing', 'Make it again on the page of the file.'],
    } as Record<Found, [string, string]>,
    file: 'File', open: 'Open in the catalogue',
  },
  zh: {
    rooms: '磁盘', recordings: '录制文件', free: (free: string, total: string) => `剩余 ${free}，共 ${total}`, used: (name: string) => `${name} 所在磁盘的使用率`, quota: (used: string, quota: string) => `录制文件已占用 ${used}，上限 ${quota}（storage.quota）`,
    floor: (floor: string) => `剩余空间低于 ${floor}（storage.min_free）时，录制会正常结束。`,
    stored: '已存储', files: '媒体文件数', total: '总存储量', standard: '标准存储', infrequent: '低频存储', app: '应用', primary: '主应用', part: (name: string, percent: number) => `${name}：占总存储量的 ${percent}%`,
    keep: '文件保存多久',
    whenFull: { stop: '磁盘已满时停止录制，有空间后自动恢复；不会因空间不足而删除文件。', delete_oldest: '空间不足时，自动删除最早的、未被锁定的录制文件。' } as Record<string, string>,
    whenFullHow: '由配置项 storage.when_full 决定。',
    template: (name: string) => `模板 ${name}`, forever: '永久', held: '被锁定（法律保留）的文件会一直保存到解除锁定。', noTemplates: '没有录制模板规定保存时间，请查看“录制”。',
    compare: '媒资与磁盘核对', compareNow: '立即核对', none: '服务器启动后尚未核对。', running: '正在核对。', good: '媒资与磁盘一致。',
    looked: (assets: number, files: number, when: string) => `${when}核对了 ${assets} 个媒资文件和磁盘上的 ${files} 个录制文件。`, differ: '媒资与磁盘不一致。', more: '只显示前 100 项。',
    what: {
      adopted: ['已收录', '文件原先只在磁盘上，现已加入媒资，无需处理。'], lost: ['缺失', '请从备份恢复到原位置后重新核对，或从媒资中删除。'],
      found: ['已恢复', '文件曾缺失，现可正常播放，无需处理。'], changed: ['大小不符', '文件被改动过：请试播，如有损坏请从备份恢复。'],
      unreadable: ['无法读取', '文件名像录制文件，但没有可播放的内容。如非所需，请移走。'], part_missing: ['封面等缺失', '请在文件页面重新生成。'],
    } as Record<Found, [string, string]>,
    file: '文件', open: '在媒资中查看',
  },
};
