export const texts = {
  en: {
    apps: 'Sub-applications', appsAbout: 'Each is a part of the catalogue with files, classes and rules of play of its own. Templates say which their recordings go to.',
    add: 'New sub-application', edit: 'Rename', name: 'Name', nameRule: '1 to 40 characters', about: 'Description', aboutRule: 'At most 300 characters', primary: 'Primary application', none: 'There is only the primary application. Most need no other.',
    on: 'On', off: 'Off', destroyed: 'Destroyed', turnOn: 'Switch on', turnOff: 'Switch off', turnOffAsk: 'Switch it off?', turnOffLoss: 'Nothing in it can be changed or played, and no file is added, until it is on again.',
    destroy: 'Destroy', destroyAsk: 'Destroy this sub-application?', destroyLoss: 'It must be without files. It counts as not there until it is switched on again.', cancel: 'Cancel', ok: 'Save', files: 'Files',
    classes: 'Classes', classesAbout: 'Classes sort files, up to 4 deep. Only a class without files and without classes below it can be deleted.', app: 'Application', noClasses: 'No classes yet.',
    addClass: 'New class', addBelow: (name: string) => `New class below ${name}`, rename: (name: string) => `Rename ${name}`, remove: (name: string) => `Delete ${name}`, removeAsk: (name: string) => `Delete the class “${name}”?`, number: (id: number) => `number ${id}`, removeOk: 'Delete', below: 'New class below', classRule: '1 to 64 characters',
    filesOf: (name: string) => `Files of ${name}`,
  },
  zh: {
    apps: '子应用', appsAbout: '子应用是媒资中相互独立的部分，各有自己的文件、分类和播放设置。录制到哪个子应用由录制模板决定。',
    add: '新建子应用', edit: '重命名', name: '名称', nameRule: '1 至 40 个字符', about: '描述', aboutRule: '最多 300 个字符', primary: '主应用', none: '目前只有主应用，多数情况下不需要其他应用。',
    on: '已开启', off: '已关闭', destroyed: '已销毁', turnOn: '开启', turnOff: '关闭', turnOffAsk: '关闭该子应用？', turnOffLoss: '再次开启之前，其中的内容不能修改或播放，也不会加入新文件。',
    destroy: '销毁', destroyAsk: '销毁该子应用？', destroyLoss: '其中不能有文件。再次开启之前视为不存在。', cancel: '取消', ok: '保存', files: '文件',
    classes: '分类', classesAbout: '分类用于整理文件，最多 4 级。只有没有文件、也没有下级分类的分类才能删除。', app: '应用', noClasses: '还没有分类。',
    addClass: '新建分类', addBelow: (name: string) => `在“${name}”下新建分类`, rename: (name: string) => `重命名“${name}”`, remove: (name: string) => `删除“${name}”`, removeAsk: (name: string) => `删除分类“${name}”？`, number: (id: number) => `编号 ${id}`, removeOk: '删除', below: '新建下级分类', classRule: '1 至 64 个字符',
    filesOf: (name: string) => `“${name}”的文件`,
  },
};
