import type { PageTexts } from '../i18n/texts';

const en = {
  title: 'API explorer',
  find: 'Find an action',
  action: 'Action',
  choose: 'Choose an action to see its fields, to call it, and to have the call as code.',
  changes: 'changes something',
  none: 'It takes no parameters.',
  run: 'Call it',
  answer: 'Answer',
  lines: 'one per line',
  fill: 'Fill in',
  add: 'Add',
  remove: 'Remove',
  more: (n: number) => `More fields (${n})`,
  fewer: 'Fewer fields',
  code: 'The call as code',
  key: ['The code takes its key from SECRET_ID and SECRET_KEY. Make one in ', 'Settings → API keys', '; the first is in secrets/api_key of the data folder, as SecretId:SecretKey.'] as [string, string, string],
  plain: 'Without TLS, curl’s way (HTTP Basic) works on the server’s own machine only; the SDKs, which sign, work from anywhere.',
  unknown: (name: string) => `There is no action ${name}.`,
  like: 'Did you mean:',
  back: 'All actions',
};

const zh: typeof en = {
  title: 'API 调试',
  find: '查找接口',
  action: '接口',
  choose: '选择一个接口，查看其字段、在线调用并获取代码。',
  changes: '会修改数据',
  none: '没有参数。',
  run: '调用',
  answer: '返回',
  lines: '每行一个',
  fill: '填写',
  add: '添加',
  remove: '移除',
  more: (n) => `更多字段（${n}）`,
  fewer: '收起字段',
  code: '调用代码',
  key: ['代码从环境变量 SECRET_ID 和 SECRET_KEY 读取密钥。可在', '设置 → API 密钥', '中新建；初始密钥在数据目录的 secrets/api_key 中，格式为 SecretId:SecretKey。'] as [string, string, string],
  plain: '未使用 TLS 时，curl 的方式（HTTP Basic）只能在服务器本机上使用；SDK 会对请求签名，不受此限制。',
  unknown: (name) => `没有接口 ${name}。`,
  like: '您要找的是不是：',
  back: '全部接口',
};

export const texts = { en, zh } satisfies PageTexts<typeof en>;
