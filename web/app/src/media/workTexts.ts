import type { PageTexts } from '../i18n/texts';

const en = {
  tasks: 'Tasks', running: (n: number) => `Tasks, ${n} under way`, empty: 'No task in the last three days. Splicing, clipping, transcoding and moving of files are shown here.',
  kinds: { ComposeMedia: 'Clip', SimpleHlsClip: 'Clip', SpliceRecordings: 'Splice', Procedure: 'Task flow', ModifyMediaStorageClass: 'Storage class' } as Record<string, string>,
  states: { WAITING: 'Waiting', PROCESSING: 'Under way', FINISH: 'Done', ABORTED: 'Aborted', FAILED: 'Failed' } as Record<string, string>,
  abort: 'Abort', play: 'Play', file: 'File', details: 'Details', made: (kind: string) => `${kind}: done`, wrong: (kind: string) => `${kind} failed`, progress: 'Progress', gone: 'deleted',
  took: (time: string) => `took ${time}`, save: 'Download', sources: 'Made of', copyId: 'Copy the TaskId', copied: 'Copied', forgotten: 'No longer known: tasks are kept for three days.', moreSources: (n: number) => `and ${n} more`,
  steps: { Transcode: 'Transcode', AnimatedGraphics: 'Animated picture', SnapshotByTimeOffset: 'Snapshots', SampleSnapshot: 'Sample snapshots', ImageSprites: 'Thumbnails', CoverBySnapshot: 'Cover', AdaptiveDynamicStreaming: 'Adaptive HLS' } as Record<string, string>,
  spliceTitle: 'Splice recordings', byFiles: 'Chosen files', byStream: 'A stream and a time', twice: (time: string) => `${time} will be in the new file twice: these recordings overlap. “A stream and a time” takes each moment once.`, intro: 'Joins recordings into one new file. They stay as they are; nothing is encoded anew where they are alike, so it is as quick as copying.',
  order: 'They are joined in this order.', up: 'Move up', down: 'Move down', leaveOut: 'Leave out', putBack: 'Put back', left: 'Left out', byTime: 'Sort by time',
  same: (n: number) => (n === 1 ? '1 file was left out: it holds the same time as another one, in another format.' : `${n} files were left out: they hold the same time as others, in other formats.`),
  domain: 'Push domain', app: 'App', stream: 'Stream name', from: 'From', to: 'Until', need: 'Name the stream.', span: 'At most 31 days. Of what was recorded more than once, the most complete recording is taken.',
  name: 'Name of the new file', nameHint: 'At most 64 characters; empty: made of the stream and the times.', format: 'Format', mp4: 'MP4: plays everywhere, best to download', hls: 'HLS: playlist and segments',
  classOf: 'Class', other: 'Other', before: 'What will be joined', after: 'What was joined', make: 'Splice', cancel: 'Cancel', close: 'Close', result: 'The new file is ready', waits: 'Waiting for other tasks to end', joins: (n: number) => (n === 1 ? 'Copying the piece into the new file' : `Joining ${n} pieces into the new file`), mayLeave: 'It goes on when this is closed; you will be told when it is ready.', leave: 'Go on in the background',
  pieces: (n: number, time: string) => `${n === 1 ? '1 piece' : `${n} pieces`}, ${time}`, gap: (time: string, from: string, to: string) => `${time} missing, ${from} – ${to}`, noGaps: 'Without a gap.',
  gapsShown: (n: number, time: string) => `${n === 1 ? '1 gap' : `${n} gaps`}, ${time} in all: nothing was recorded then. The time line of the new file shows where.`,
  leftOut: (time: string, recorded: string) => `${time} between the pieces are left out, of which ${recorded} are recorded. The time line of the new file shows where.`,
  ofWhich: (time: string) => `; ${time} of it are recorded`, addOthers: (n: number) => (n === 1 ? 'Add the piece' : `Add the ${n} pieces`),
  few: 'Choose two files or more in the list, or take a stream and a time.', methods: { copy: 'copied, nothing was encoded', edges: 'copied; only what is around cuts was encoded', encode: 'encoded anew, because the files are not alike' } as Record<string, string>,
  line: 'Pieces and gaps on the clock', piece: 'Piece',
};

const zh: typeof en = {
  tasks: '任务', running: (n) => `任务，${n} 个进行中`, empty: '最近三天没有任务。拼接、剪辑、转码和转换存储类型的进度会显示在这里。',
  kinds: { ComposeMedia: '剪辑', SimpleHlsClip: '剪辑', SpliceRecordings: '拼接', Procedure: '任务流', ModifyMediaStorageClass: '转换存储类型' },
  states: { WAITING: '等待中', PROCESSING: '处理中', FINISH: '已完成', ABORTED: '已终止', FAILED: '失败' },
  abort: '终止', play: '播放', file: '文件', details: '详情', made: (kind) => `${kind}已完成`, wrong: (kind) => `${kind}失败`, progress: '进度', gone: '已删除',
  took: (time) => `用时 ${time}`, save: '下载', sources: '源文件', copyId: '复制 TaskId', copied: '已复制', forgotten: '已无记录：任务只保留三天。', moreSources: (n) => `另有 ${n} 个`,
  steps: { Transcode: '转码', AnimatedGraphics: '转动图', SnapshotByTimeOffset: '时间点截图', SampleSnapshot: '采样截图', ImageSprites: '雪碧图', CoverBySnapshot: '截图做封面', AdaptiveDynamicStreaming: '转自适应码流' },
  spliceTitle: '拼接录制文件', byFiles: '所选文件', byStream: '按流与时间', twice: (time) => `这些录制在时间上有重叠，新文件中将有 ${time}重复。选择“按流与时间”可避免重复。`, intro: '将多个录制文件拼接成一个新文件，原文件保持不变。编码参数一致时不会重新编码，与复制一样快。',
  order: '按以下顺序拼接。', up: '上移', down: '下移', leaveOut: '不拼接', putBack: '恢复', left: '未参与', byTime: '按时间排序',
  same: (n) => `已略过 ${n} 个文件：它们是同一时段的其他格式。`,
  domain: '推流域名', app: 'AppName', stream: '流名称', from: '开始时间', to: '结束时间', need: '请填写流名称。', span: '最长 31 天。同一时段有多份录制时，取最完整的一份。',
  name: '新文件名称', nameHint: '最多 64 个字符；留空则由流名称和时间生成。', format: '封装格式', mp4: 'MP4：通用，适合下载', hls: 'HLS：播放列表与分片',
  classOf: '分类', other: '其他', before: '将要拼接', after: '拼接结果', make: '拼接', cancel: '取消', close: '关闭', result: '新文件已生成', waits: '正在等待其他任务结束', joins: (n) => `正在将 ${n} 段拼接为新文件`, mayLeave: '关闭后任务会继续，完成时会通知您。', leave: '在后台继续',
  pieces: (n, time) => `${n} 段，共 ${time}`, gap: (time, from, to) => `缺少 ${time}，${from} – ${to}`, noGaps: '没有中断。',
  gapsShown: (n, time) => `${n} 处中断，共 ${time}：这些时段没有录制，新文件的时间轴上会标出位置。`,
  leftOut: (time, recorded) => `各段之间略去 ${time}，其中 ${recorded} 有录制。新文件的时间轴上会标出位置。`,
  ofWhich: (time) => `；其中 ${time} 有录制`, addOthers: (n) => `加入这 ${n} 段`,
  few: '请在列表中选择两个或以上文件，或改为按流与时间拼接。', methods: { copy: '直接复制，未重新编码', edges: '直接复制，仅剪切点附近重新编码', encode: '文件参数不一致，已重新编码' },
  line: '各段与中断的时间分布', piece: '片段',
};

export const workTexts = { en, zh } satisfies PageTexts<typeof en>;
