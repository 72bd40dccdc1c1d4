import type { PageTexts } from '../i18n/texts';

const en = {
  cancel: 'Cancel', ago: (n: number, unit: 's' | 'm' | 'h' | 'd') => `${n} ${{ s: 's', m: 'min', h: 'h', d: n === 1 ? 'day' : 'days' }[unit]} ago`, now: 'just now', never: 'never',
  // Keys.
  addKey: 'Make a key', keyName: 'What it is for', keyNameHint: 'For people: which program or machine has it. At most 1024 characters.', keyNameExample: 'Newsroom scheduler', keyMade: 'The key is made',
  once: 'The SecretKey is shown this once. Store it where the program finds it; a lost one cannot be shown again, but another key can be made.', stored: 'I have stored it', copyBoth: 'SecretId:SecretKey, for curl -u',
  active: 'Active', inactive: 'Disabled', builtIn: 'First key', builtInHint: 'Made at the first start, in secrets/api_key of the data folder, or set by api.secret_id. To change it, change it there and start the server again.',
  created: 'Made', used: 'Last used', disable: 'Disable', enable: 'Enable', remove: 'Delete',
  disableWhat: 'Calls signed with it are refused from now on, until it is enabled again.', removeWhat: 'Calls signed with it are refused from now on, for ever. The audit log keeps what was done with it.',
  log: 'What was done with it', onlyFirst: 'There is only the first key so far, which everything shares.', keysOf: (n: number, most: number) => `${n} made, ${most} at most`, noName: 'without a description',
  // Audit log.
  codes: { WrongPassword: 'Wrong password' } as Record<string, string>,
  who: 'Who', anybody: 'Anybody', byConsole: 'Console', byKey: 'Key', what: 'Action', anyWhat: 'Any action', where: 'Product', everywhere: 'All products', result: 'Result', anyResult: 'Any result', done: 'Done', begun: 'Task begun', failed: 'Failed', when: 'Time',
  last: (days: number) => (days === 1 ? 'Last 24 h' : `Last ${days} days`), span: 'Span of time', from: 'From', details: 'Details', requestId: 'Request ID', requestIdFind: 'Find a request ID', params: 'Parameters', answer: 'Answer', agent: 'Program', scheme: 'Proof', older: 'Show older entries',
  total: (n: number) => (n === 1 ? '1 entry' : `${n.toLocaleString('en')} entries`), noEntries: 'Nothing was changed yet, and nobody logged in.', noMatch: 'Nothing fits.', clear: 'Show everything', nothing: 'none', anyProgram: 'Try a call',
  schemes: { Session: 'Login to the console', 'TC3-HMAC-SHA256': 'Signature TC3', v1: 'Signature, version 1', Basic: 'HTTP Basic' } as Record<string, string>,
  events: { ConsoleLogin: 'Login', ConsoleLogout: 'Logout', ConsolePassword: 'Password change', ConsoleSessionEnd: 'Sessions logged out' } as Record<string, string>,
  // Console.
  password: 'Password', passwordLead: 'There is one password for the console. When it changes, all other sessions are logged out.', old: 'Present password', fresh: 'New password', again: 'New password, once more', passwordRule: '8 to 1024 bytes', passwordSame: 'The two are not the same', change: 'Change the password',
  changed: 'The password is changed; other sessions are logged out.', fixed: 'The password is in the configuration (console.password). It is changed there, and takes a restart.', wrong: 'The present password is wrong.', forgotten: 'Forgotten? On the server, aircheck password makes a new one.',
  sessions: 'Sessions', sessionsLead: 'A session is over after 7 days without use, and after 30 days in any case.', thisOne: 'This one', since: (time: string) => `logged in ${time}`, seen: (time: string) => `used ${time}`, end: 'Log out', endAll: 'Log out all others', endWhat: 'Whoever uses that session has to log in again.', endAllWhat: (n: number) => (n === 1 ? 'The other session has to log in again.' : `${n} other sessions have to log in again.`), onlyOne: 'Nobody else is logged in.',
  unknownAgent: 'Unknown program', on: (browser: string, system: string) => `${browser} on ${system}`, logins: 'Logins in the audit log',
  about: 'This server', version: 'Version', links: 'For programs',
  explorer: 'API explorer', explorerHint: 'Every action with its fields, as curl and SDK code', metrics: '/metrics', metricsHint: 'Figures for Prometheus. From other machines with an API key, or metrics.username and metrics.password', ready: '/readyz', readyHint: 'Whether the server can record, as JSON, for load balancers and monitoring', healthy: '/healthz', healthyHint: 'Whether the process runs', player: '/play/', playerHint: 'A page that plays a live stream, for viewers',
};

const zh: typeof en = {
  cancel: '取消', ago: (n, unit) => `${n} ${{ s: '秒', m: '分钟', h: '小时', d: '天' }[unit]}前`, now: '刚刚', never: '从未使用',
  addKey: '新建密钥', keyName: '用途', keyNameHint: '备注由哪个程序或机器使用，最多 1024 个字符。', keyNameExample: '新闻中心排期系统', keyMade: '密钥已创建',
  once: 'SecretKey 仅在此显示一次，请立即妥善保存。遗失后无法再次查看，只能新建密钥。', stored: '我已保存', copyBoth: 'SecretId:SecretKey，用于 curl -u',
  active: '已启用', inactive: '已禁用', builtIn: '初始密钥', builtInHint: '首次启动时生成，保存在数据目录的 secrets/api_key 中，或由 api.secret_id 配置。如需更换，请修改后重启服务。',
  created: '创建时间', used: '最近使用', disable: '禁用', enable: '启用', remove: '删除',
  disableWhat: '使用该密钥签名的请求将立即被拒绝，直到重新启用。', removeWhat: '使用该密钥签名的请求将立即且永久被拒绝。操作审计中的记录会保留。',
  log: '查看操作记录', onlyFirst: '目前只有初始密钥，所有程序共用。', keysOf: (n, most) => `已创建 ${n} 个，最多 ${most} 个`, noName: '无备注',
  codes: { WrongPassword: '密码错误' },
  who: '操作者', anybody: '全部操作者', byConsole: '控制台', byKey: '密钥', what: '接口', anyWhat: '全部接口', where: '产品', everywhere: '全部产品', result: '结果', anyResult: '全部结果', done: '成功', begun: '任务已开始', failed: '失败', when: '时间',
  last: (days) => (days === 1 ? '最近 24 小时' : `最近 ${days} 天`), span: '时间范围', from: '来源地址', details: '详情', requestId: '请求 ID', requestIdFind: '按请求 ID 查找', params: '请求参数', answer: '响应', agent: '客户端', scheme: '认证方式', older: '显示更早的记录',
  total: (n) => `共 ${n.toLocaleString('zh')} 条`, noEntries: '还没有任何变更或登录记录。', noMatch: '没有符合条件的记录。', clear: '清除筛选', nothing: '无', anyProgram: '试着调用一个接口',
  schemes: { Session: '控制台登录', 'TC3-HMAC-SHA256': 'TC3 签名', v1: '签名方法 v1', Basic: 'HTTP Basic' },
  events: { ConsoleLogin: '登录', ConsoleLogout: '退出登录', ConsolePassword: '修改密码', ConsoleSessionEnd: '下线会话' },
  password: '密码', passwordLead: '控制台使用同一个密码。修改后，其他会话会全部退出登录。', old: '当前密码', fresh: '新密码', again: '再次输入新密码', passwordRule: '长度为 8 到 1024 字节', passwordSame: '两次输入的密码不一致', change: '修改密码',
  changed: '密码已修改，其他会话已退出登录。', fixed: '密码写在配置文件中（console.password），请在配置文件中修改并重启服务。', wrong: '当前密码不正确。', forgotten: '忘记密码？在服务器上执行 aircheck password 可生成新密码。',
  sessions: '登录会话', sessionsLead: '会话在 7 天未使用后失效，最长 30 天。', thisOne: '当前会话', since: (time) => `登录于${time}`, seen: (time) => `最近使用于${time}`, end: '下线', endAll: '下线其他所有会话', endWhat: '使用该会话的人需要重新登录。', endAllWhat: (n) => `其他 ${n} 个会话需要重新登录。`, onlyOne: '没有其他人登录。',
  unknownAgent: '未知客户端', on: (browser, system) => `${browser}（${system}）`, logins: '在操作审计中查看登录记录',
  about: '本服务', version: '版本', links: '程序接口',
  explorer: 'API 调试', explorerHint: '所有接口及其参数，可生成 curl 与 SDK 代码', metrics: '/metrics', metricsHint: 'Prometheus 指标。从其他机器访问需要 API 密钥，或 metrics.username 与 metrics.password', ready: '/readyz', readyHint: '服务是否可以录制（JSON），供负载均衡与监控使用', healthy: '/healthz', healthyHint: '进程是否在运行', player: '/play/', playerHint: '供观众播放直播流的页面',
};

export const accountTexts: PageTexts<typeof en> = { en, zh };
