import type { PageTexts } from '../i18n/texts';
import { ends } from './ends';

const en = {
  back: 'All media', gone: 'There is no such file. It may have been deleted, or have expired.', share: 'Share', download: 'Download', edit: 'Edit', more: 'More', splice: 'Splice with other recordings of the stream',
  hold: 'Hold: keep it from being deleted', unhold: 'Let go of the hold', forbid: 'Forbid playing', recover: 'Allow playing again', toIA: 'Move to infrequent access', toStandard: 'Move to standard storage',
  flow: 'Run a task flow', sprite: 'Make thumbnails for the time line', cover: 'Cover from the current picture', remove: 'Delete', mp4: 'Make an MP4 of it', asIs: (type: string, size: string) => `As recorded: ${type}, ${size}`,
  play: 'Play', pause: 'Pause', mute: 'Mute', unmute: 'Sound on', full: 'Full screen', speed: 'Speed', live: 'Live', toLive: 'Go to what is recorded now', seek: 'Time line',
  keys: 'Space or K plays and pauses, J and L go 10 s back and on, the arrows 5 s, I and O mark a part, F is full screen, M is sound, < and > change the speed.', keysTitle: 'Keys',
  cannot: 'This browser cannot play it. Download it, or open the HLS address of “Share” in a player such as VLC.', unreachable: 'The server does not answer.', refused: 'The server does not give out the file:',
  forbidden: 'Playing was forbidden. The file itself is kept.', lost: 'The file is not where it should be in its storage. It can be played again as soon as it is back.',
  noOriginal: 'The original was deleted; what was made of it is left.', recordingNow: 'This is being recorded at the moment and plays as it grows.', retry: 'Try again',
  gapAt: (time: string, why: string) => `${time} missing: ${why}`, lossAt: (n: number, why: string) => `${n} pictures or frames of sound missing: ${why}`, gapList: 'Interruptions', missingAll: (time: string) => `${time} in all were not recorded; playing goes on right behind.`, leftOutList: 'Not in this file', leftOutAt: (time: string) => `${time} were left out`, leftOutAll: (time: string) => `${time} between the pieces are not in this file; playing goes on right behind.`,
  pieceOf: (at: number, n: number) => `Piece ${at} of ${n}: the stream was interrupted, and soon came back.`, spliceAround: 'Splice with the pieces before and after', fileName: 'File name', madeAt: 'Made', madeOf: 'Made of', broken: 'The connection broke off.', saveLater: 'It is being made; a button to download it comes when it is ready.',
  noSprite: 'Pictures above the time line while pointing at it:', make: 'Make them', making: 'They are being made.', markIn: 'Start here', markOut: 'End here', clear: 'Clear', part: 'Part', clip: 'Make a clip', sharePart: 'Share this part', markHint: 'Mark a start and an end to clip or share a part.',
  info: 'Details', length: 'Length', size: 'Size', bitrate: 'Bitrate', video: 'Video', audio: 'Audio', recorded: 'Recorded', added: 'Added', expires: 'Expires', never: 'never', stream: 'Stream', push: 'Push', template: 'Recording template', rule: 'Rule', task: 'Record task', madeBy: 'Made by task',
  ended: 'Why it ended', storage: 'Storage', path: 'Path in the storage', note: 'Note', held: 'Held', heldBy: (by: string) => `by ${by}`, recovered: 'repaired after a crash', sha: 'SHA-256', shaLater: 'being computed', source: 'Source', context: 'Said of its origin', sameStream: 'Recordings of this stream',
  parts: 'What was made of it', transcode: 'Transcode', adaptive: 'Adaptive HLS', animated: 'Animated picture', snapshots: (n: number) => `${n} snapshots`,
  reasons: ends.en,
  name: 'Name', nameHint: '1 to 64 characters. Its address changes with it; the old one goes on working.', description: 'Description', tags: 'Tags', tagHint: 'Up to 16 of at most 32 characters.', classOf: 'Class', other: 'Other', expiry: 'Delete it at', expiryHint: 'Empty: never. It must be a time to come.', save: 'Save', cancel: 'Cancel', saved: 'Saved', coverSaved: 'This is the cover now', coverNot: 'There is no picture to take at the moment.',
  holdTitle: 'Hold this file', holdHint: 'A held file is not deleted: not on request, not when it expires, not to make room.', reason: 'Why', moving: 'It is being moved; the tasks show how far it is.', forbidTitle: 'Forbid playing?', forbidHint: 'All its addresses answer 403, those handed on before as well. Nothing is deleted, and it can be allowed again.',
  flowTitle: 'Run a task flow', flowHint: 'What is made of the file belongs to it, and is deleted with it.', procedure: 'Procedure', preset: 'built in', start: 'Start', started: 'Started; the tasks show how far it is.',
  flows: { Cover: 'a cover', Preview: 'a cover and thumbnails', TranscodeHD: 'MP4 in 720p and 360p, a cover and thumbnails', LongVideoPreset: 'HLS in several renditions, a cover and thumbnails' } as Record<string, string>,
};

const zh: typeof en = {
  back: '全部媒资', gone: '文件不存在，可能已被删除或已过期。', share: '分享', download: '下载', edit: '编辑', more: '更多', splice: '与该流的其他录制拼接',
  hold: '保留：禁止删除', unhold: '取消保留', forbid: '禁播', recover: '解除禁播', toIA: '转为低频存储', toStandard: '转为标准存储',
  flow: '执行任务流', sprite: '为时间轴生成缩略图', cover: '将当前画面设为封面', remove: '删除', mp4: '生成 MP4 文件', asIs: (type, size) => `原始文件：${type}，${size}`,
  play: '播放', pause: '暂停', mute: '静音', unmute: '取消静音', full: '全屏', speed: '倍速', live: '直播', toLive: '跳到正在录制的位置', seek: '时间轴',
  keys: '空格或 K 播放/暂停，J、L 后退/前进 10 秒，方向键 5 秒，I、O 标记片段起止，F 全屏，M 静音，< > 调整倍速。', keysTitle: '快捷键',
  cannot: '此浏览器无法播放。请下载文件，或在 VLC 等播放器中打开“分享”中的 HLS 地址。', unreachable: '服务器没有响应。', refused: '服务器拒绝提供该文件：',
  forbidden: '该文件已禁播，文件本身仍然保留。', lost: '文件不在其存储位置。恢复后即可继续播放。',
  noOriginal: '原始文件已删除，仅保留衍生文件。', recordingNow: '正在录制，可边录边播。', retry: '重试',
  gapAt: (time, why) => `缺少 ${time}：${why}`, lossAt: (n, why) => `缺少 ${n} 帧画面或声音：${why}`, gapList: '中断', missingAll: (time) => `共有 ${time} 未录制，播放时会直接接续。`, leftOutList: '不在此文件中', leftOutAt: (time) => `略去 ${time}`, leftOutAll: (time) => `各段之间有 ${time} 不在此文件中，播放时会直接接续。`,
  pieceOf: (at, n) => `该流短暂中断，共录制了 ${n} 段，这是第 ${at} 段。`, spliceAround: '与前后各段拼接', fileName: '文件名', madeAt: '生成时间', madeOf: '源文件', broken: '连接已中断。', saveLater: '正在生成，完成后会出现下载按钮。',
  noSprite: '鼠标移到时间轴上时显示缩略图：', make: '生成', making: '正在生成。', markIn: '设为起点', markOut: '设为终点', clear: '清除', part: '片段', clip: '剪辑', sharePart: '分享此片段', markHint: '标记起点和终点，即可剪辑或分享片段。',
  info: '详细信息', length: '时长', size: '大小', bitrate: '码率', video: '视频', audio: '音频', recorded: '录制时间', added: '入库时间', expires: '过期时间', never: '永不过期', stream: '流', push: '推流会话', template: '录制模板', rule: '录制规则', task: '录制任务', madeBy: '生成任务',
  ended: '结束原因', storage: '存储类型', path: '存储路径', note: '备注', held: '已保留', heldBy: (by) => `由 ${by}`, recovered: '崩溃后已修复', sha: 'SHA-256', shaLater: '计算中', source: '来源', context: '来源说明', sameStream: '该流的全部录制',
  parts: '衍生文件', transcode: '转码', adaptive: '自适应码流', animated: '动图', snapshots: (n) => `${n} 张截图`,
  reasons: ends.zh,
  name: '名称', nameHint: '1 至 64 个字符。播放地址会随之改变，旧地址仍然可用。', description: '描述', tags: '标签', tagHint: '最多 16 个，每个不超过 32 个字符。', classOf: '分类', other: '其他', expiry: '过期时间', expiryHint: '留空表示永不过期；必须是将来的时间。', save: '保存', cancel: '取消', saved: '已保存', coverSaved: '已设为封面', coverNot: '当前没有可用的画面。',
  holdTitle: '保留此文件', holdHint: '保留的文件不会被删除：无论是手动删除、过期还是腾出空间。', reason: '原因', moving: '正在转换，可在任务中查看进度。', forbidTitle: '确认禁播？', forbidHint: '所有播放地址（包括已分享的）都将返回 403。文件不会被删除，随时可以解除。',
  flowTitle: '执行任务流', flowHint: '生成的文件归属于该文件，并随其一起删除。', procedure: '任务流', preset: '系统预置', start: '执行', started: '已开始，可在任务中查看进度。',
  flows: { Cover: '封面', Preview: '封面和雪碧图', TranscodeHD: '720p 与 360p 的 MP4、封面和雪碧图', LongVideoPreset: '自适应码流、封面和雪碧图' },
};

export const fileTexts = { en, zh } satisfies PageTexts<typeof en>;
