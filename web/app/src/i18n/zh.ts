import type { Texts } from './en';

const zh: Texts = {
  app: { account: '账户与设置', language: '语言', theme: '主题', light: '浅色', dark: '深色', system: '跟随系统', logout: '退出登录', menu: '菜单', retry: '重试', offline: '服务器没有响应，正在重试……', silent: '自 {{time}} 起与服务器失去联系，正在重试……', skip: '跳到内容', notFound: '未找到', nothing: '此地址没有内容：可能输入有误，或来自其他版本的控制台。', back: '返回', away: '服务器恢复响应后将自动加载此页面。', broken: '无法显示此页面，当前窗口可能来自其他版本的服务器。', reload: '重新加载' },
  login: {
    title: '登录',
    password: '密码',
    submit: '登录',
    wrong: '密码不正确。',
    ended: '您已被退出登录：密码已更改、此登录被终止，或登录已过期。',
    hint: '初始密码在服务器首次启动时打印。',
    forgotten: '忘记密码？在服务器上运行以下命令可生成新密码：',
  },
  nav: { overview: '概览', streams: '直播流', recording: '录制', media: '媒资', callbacks: '回调', settings: '设置', explorer: 'API 调试' },
  overview: {
    live: '正在直播', streams: '直播流', incoming: '接收速率', recordings: '正在录制', backlog: '待投递回调', free: '磁盘剩余', used: '磁盘使用率', full: '已用 {{percent}}%', stops: '磁盘满时：停止录制', rotates: '磁盘满时：删除最早的录制', copy: '复制', copied: '已复制',
    nobody: '当前没有直播。可以这样推流：', addresses: 'OBS、ffmpeg 与摄像机的推流地址和密钥',
    bitrate: '最近两分钟的码率', frames: '最近两分钟的帧率', fps: '{{count}} 帧/秒',
    picture: '{{name}} 的画面', unrecorded: '未录制', byTask: '由任务 {{id}} 触发', byRule: '由规则 {{rule}} 触发', rule: '按规则', task: '按任务', starting: '正在开始……',
    waiting: '等待断流恢复', waitingFor: '若在 {{time}} 内恢复推流，{{format}} 将续录在同一文件中。',
  },
};

export default zh;
