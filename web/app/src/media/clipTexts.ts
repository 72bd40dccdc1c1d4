import type { PageTexts } from '../i18n/texts';

const en = {
  title: 'Make a clip', intro: 'The part becomes a file of its own; this one stays as it is.', from: 'From', to: 'Until', bad: 'Write times as 1:02:03.5 or in seconds; the end has to be later than the start.', name: 'Name', nameNeeded: 'At most 64 characters.',
  rough: 'Fast: at key frames', roughHint: 'Copied without encoding. It begins at the last key frame at or before the start, often up to a few seconds earlier.',
  precise: 'Exact: at the very picture', preciseHint: 'Begins and ends with the pictures that were marked. Those up to the next key frame are encoded anew, the rest is copied; of other codecs than H.264 all of it is encoded, which takes longer.',
  how: 'Where it is cut', format: 'Format', make: 'Make the clip', cancel: 'Cancel', started: 'The clip is being made; the tasks show how far it is.', part: (time: string) => `${time} in all`,
  shareTitle: 'Share', whole: 'The whole file', onlyPart: 'A part', as: 'As', original: (type: string) => `${type}, as recorded`, hls: 'HLS: for players and phones', download: 'A browser saves it as a file',
  lifetime: 'Good for', hour: '1 hour', day: '1 day', week: '7 days', month: '30 days', year: '1 year', until: (time: string) => `Good until ${time}.`,
  open: 'Addresses need no signature: whoever has this one can play it as long as the file is there. For links that end, switch on', settings: 'Signed addresses', copy: 'Copy the link', copied: 'Copied', link: 'Link', test: 'Open', close: 'Close', qr: 'For a phone',
  partHint: 'It begins with the last key frame at or before the start.', referer: 'Only pages of certain sites may play: a link that is opened by itself may be refused.', onlyHere: 'This address works on the server’s own machine only. For others, open the console by an address that they reach, or set http.public_url in the configuration.', forbidden: 'Playing is forbidden at the moment: the link answers 403.', noPart: 'Of an HLS recording, parts are shown as HLS.',
};

const zh: typeof en = {
  title: '剪辑', intro: '所选片段会生成一个新文件，原文件保持不变。', from: '起点', to: '终点', bad: '时间格式如 1:02:03.5 或秒数，终点须晚于起点。', name: '名称', nameNeeded: '最多 64 个字符。',
  rough: '快速：在关键帧处剪切', roughHint: '直接复制，不重新编码。从起点处或之前最近的关键帧开始，可能提前几秒。',
  precise: '精确：精确到画面', preciseHint: '严格从标记的画面开始和结束。只重新编码到下一个关键帧为止的画面，其余直接复制；H.264 以外的编码需全部重新编码，耗时较长。',
  how: '剪切方式', format: '封装格式', make: '生成片段', cancel: '取消', started: '正在生成片段，可在任务中查看进度。', part: (time) => `共 ${time}`,
  shareTitle: '分享', whole: '整个文件', onlyPart: '片段', as: '格式', original: (type) => `${type}，原始文件`, hls: 'HLS：适合播放器和手机', download: '浏览器直接下载',
  lifetime: '有效期', hour: '1 小时', day: '1 天', week: '7 天', month: '30 天', year: '1 年', until: (time) => `有效期至 ${time}。`,
  open: '当前播放地址无需签名：只要文件存在，任何拿到链接的人都能播放。如需限时链接，请开启', settings: 'Key 防盗链', copy: '复制链接', copied: '已复制', link: '链接', test: '打开', close: '关闭', qr: '手机扫码',
  partHint: '从起点处或之前最近的关键帧开始。', referer: '已开启 Referer 防盗链：直接打开链接可能被拒绝。', onlyHere: '该地址只能在服务器本机使用。如需分享给他人，请通过他人可访问的地址打开控制台，或设置配置项 http.public_url。', forbidden: '当前已禁播，链接会返回 403。', noPart: 'HLS 录制的片段只能以 HLS 播放。',
};

export const clipTexts = { en, zh } satisfies PageTexts<typeof en>;
