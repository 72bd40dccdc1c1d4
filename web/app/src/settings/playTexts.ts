export const texts = {
  en: {
    app: 'Application', primary: 'Primary application', from: 'Files are played from', everyone: 'Everybody who can reach this server and knows an address may play its file.',
    signed: 'Signed addresses', signedAbout: 'With this on, a file plays only from an address that was signed with the key. Addresses that the console, answers and callbacks show are signed by themselves.',
    on: 'On', off: 'Off', needed: 'Only signed addresses play', key: 'Key', backup: 'Backup key', backupAbout: 'As good as the key: change one while players still have addresses of the other.', random: 'Make a random key',
    keyRule: '8 to 20 letters and digits', keyNeeded: 'It takes a key to switch this on.', lifetime: 'How long shown addresses are good, in hours', lifetimeAbout: '0 is a day.',
    referers: 'Pages that may play', referersAbout: 'Browsers tell from which page a file is played (the Referer). Programs can tell anything: this keeps pages away, not people.',
    any: 'All pages', white: 'Only these', black: 'All but these', hosts: 'Hosts, one a line', hostsAbout: 'Up to 100, such as example.com; *.example.com is all below example.com.', blank: 'Who tells no page may play, such as players and downloads',
    notHost: (name: string) => `“${name}” is no host name: leave out https:// and paths.`, hostNeeded: 'Name at least one host.', many: 'At most 100.',
    origins: 'Pages that may read files by script (CORS)', originsAbout: 'Players in web pages, such as hls.js, need this. Empty: all pages.', originList: 'Origins, one a line', someOrigins: (n: number) => (n === 1 ? '1 page' : `${n} pages`), notOrigin: (name: string) => `“${name}” is no origin such as https://example.com.`,
    save: 'Save', saved: 'Saved', all: 'all',
  },
  zh: {
    app: '应用', primary: '主应用', from: '播放域名', everyone: '凡是能访问本服务器并知道地址的人都可以播放。',
    signed: 'Key 防盗链', signedAbout: '开启后，只有用密钥签名的地址才能播放。控制台、接口返回和回调中的地址会自动签名。',
    on: '开启', off: '关闭', needed: '只允许播放已签名的地址', key: '密钥', backup: '备用密钥', backupAbout: '与主密钥同样有效，便于在播放端仍持有旧地址时更换密钥。', random: '随机生成密钥',
    keyRule: '8 至 20 个字母和数字', keyNeeded: '开启前需要设置密钥。', lifetime: '签名地址有效时间（小时）', lifetimeAbout: '0 表示一天。',
    referers: 'Referer 防盗链', referersAbout: '浏览器会说明文件由哪个页面播放（Referer）。程序可以伪造，因此它限制的是页面，而不是人。',
    any: '所有页面', white: '白名单', black: '黑名单', hosts: '域名，每行一个', hostsAbout: '最多 100 个，例如 example.com；*.example.com 表示其所有子域名。', blank: '允许空 Referer，例如播放器和下载工具',
    notHost: (name: string) => `“${name}”不是域名：请去掉 https:// 和路径。`, hostNeeded: '请至少填写一个域名。', many: '最多 100 个。',
    origins: '跨域访问（CORS）', originsAbout: '网页播放器（如 hls.js）需要跨域读取文件。留空表示允许所有页面。', originList: '来源，每行一个', someOrigins: (n: number) => `${n} 个来源`, notOrigin: (name: string) => `“${name}”不是来源，应形如 https://example.com。`,
    save: '保存', saved: '已保存', all: '全部',
  },
};
