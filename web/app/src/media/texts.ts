import type { PageTexts } from '../i18n/texts';

const en = {
  title: 'Media', search: 'Name or description, one character is enough', filters: 'Filters', clear: 'Clear filters', tasks: 'Tasks',
  files: (n: number, more: boolean) => (more ? `${n} files or more` : n === 1 ? '1 file' : `${n} files`),
  newest: 'Newest first', oldest: 'Oldest first', order: 'Order', view: 'View', grid: 'Pictures', list: 'List', app: 'Sub-application', primary: 'Primary',
  classOf: 'Class', other: 'Other', tags: 'Tags', type: 'Format', source: 'Source', status: 'State', storage: 'Storage class', stream: 'Stream', domain: 'Push domain', path: 'App',
  from: 'In the catalogue from', to: 'Until', any: 'Any',
  sources: { Record: 'Recording', VideoProcessing: 'Made of others', Upload: 'Added' } as Record<string, string>,
  states: { Normal: 'Ready', Recording: 'Recording', Forbidden: 'Forbidden', Lost: 'Lost' } as Record<string, string>,
  classes: { STANDARD: 'Standard', STANDARD_IA: 'Infrequent access' } as Record<string, string>,
  empty: 'Nothing has been recorded yet. Push a stream, and its recording is here from its first second on.', emptyNext: 'How to push a stream',
  none: 'No file is like that.', name: 'Name', length: 'Length', size: 'Size', when: 'Recorded or made', began: { VideoProcessing: 'made', Upload: 'added' } as Record<string, string>, open: (name: string) => `Open ${name}`,
  noCover: 'No picture', sound: 'Sound only', held: 'Held: it is not deleted', leftOut: (n: number) => (n === 1 ? '1 gap' : `${n} gaps`), gaps: (n: number) => (n === 1 ? '1 interruption' : `${n} interruptions`),
  select: (name: string, type: string) => `Choose ${name}, ${type}`, chosen: (n: number) => `${n} chosen`, all: 'Choose all of this page', unchoose: 'Choose none',
  splice: 'Splice', tag: 'Tag', move: 'Move to class', storageMove: 'Storage class', remove: 'Delete',
  addTags: 'Add', removeTags: 'Take away', tagLimit: 'Up to 16 of 32 characters for each file.', apply: 'Apply', cancel: 'Cancel',
  removeTitle: (n: number) => (n === 1 ? 'Delete this file?' : `Delete these ${n} files?`),
  removeWhat: (time: string, size: string) => `${time} of media, ${size}, with covers and transcodes. Clips and spliced files made of it stay. This cannot be undone.`,
  removeSkip: (n: number) => `${n} of those chosen stay: they are held, or still being recorded.`, nothing: 'All of them are held or still being recorded; nothing can be deleted.',
  done: (n: number) => (n === 1 ? '1 file changed' : `${n} files changed`), deleted: (n: number) => (n === 1 ? '1 file deleted' : `${n} files deleted`),
  failed: (n: number) => `${n} could not be changed:`, moving: 'They are being moved; the tasks show how far it is.', today: 'Today', week: '7 days', month: '30 days',
};

const zh: typeof en = {
  title: '媒资', search: '名称或描述，输入一个字即可', filters: '筛选', clear: '清除筛选', tasks: '任务',
  files: (n, more) => (more ? `${n} 个以上文件` : `${n} 个文件`),
  newest: '最新在前', oldest: '最早在前', order: '排序', view: '视图', grid: '封面', list: '列表', app: '子应用', primary: '主应用',
  classOf: '分类', other: '其他', tags: '标签', type: '封装格式', source: '来源', status: '状态', storage: '存储类型', stream: '流名称', domain: '推流域名', path: 'AppName',
  from: '入库时间从', to: '至', any: '不限',
  sources: { Record: '直播录制', VideoProcessing: '视频处理', Upload: '上传' },
  states: { Normal: '正常', Recording: '录制中', Forbidden: '已禁播', Lost: '已丢失' },
  classes: { STANDARD: '标准存储', STANDARD_IA: '低频存储' },
  empty: '还没有录制文件。推一路流，从第一秒起录制文件就会出现在这里。', emptyNext: '如何推流',
  none: '没有符合条件的文件。', name: '名称', length: '时长', size: '大小', when: '录制或生成时间', began: { VideoProcessing: '生成于', Upload: '入库于' }, open: (name) => `打开 ${name}`,
  noCover: '无封面', sound: '纯音频', held: '已保留，不会被删除', leftOut: (n) => `${n} 处间隔`, gaps: (n) => `${n} 处中断`,
  select: (name, type) => `选择 ${name}，${type}`, chosen: (n) => `已选 ${n} 个`, all: '选择本页全部', unchoose: '取消选择',
  splice: '拼接', tag: '标签', move: '移动到分类', storageMove: '存储类型', remove: '删除',
  addTags: '添加', removeTags: '移除', tagLimit: '每个文件最多 16 个标签，每个不超过 32 个字符。', apply: '应用', cancel: '取消',
  removeTitle: (n) => `删除这 ${n} 个文件？`,
  removeWhat: (time, size) => `将删除时长 ${time}、大小 ${size} 的媒体及其封面、转码文件；由其剪辑或拼接生成的文件会保留。此操作无法恢复。`,
  removeSkip: (n) => `其中 ${n} 个会被跳过：已保留或仍在录制。`, nothing: '所选文件均已保留或仍在录制，无法删除。',
  done: (n) => `已修改 ${n} 个文件`, deleted: (n) => `已删除 ${n} 个文件`,
  failed: (n) => `${n} 个修改失败：`, moving: '正在转换，可在任务中查看进度。', today: '今天', week: '近 7 天', month: '近 30 天',
};

export const texts = { en, zh } satisfies PageTexts<typeof en>;
export type Texts = typeof en;
