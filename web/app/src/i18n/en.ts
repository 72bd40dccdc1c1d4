// Texts in English, by page. zh.ts has the same keys: its type says so.
const en = {
  app: { account: 'Account and settings', language: 'Language', theme: 'Theme', light: 'Light', dark: 'Dark', system: 'Like the system', logout: 'Log out', menu: 'Menu', retry: 'Try again', offline: 'The server does not answer. Trying again …', silent: 'No contact with the server since {{time}}. Trying again …', skip: 'To the content', notFound: 'Not found', nothing: 'There is nothing at this address: it may be mistyped, or from another version of the console.', back: 'Back', away: 'This page comes as soon as the server answers.', broken: 'This page cannot be shown. It may be of another version of the server than this window.', reload: 'Reload' },
  login: {
    title: 'Log in',
    password: 'Password',
    submit: 'Log in',
    wrong: 'The password is wrong.',
    ended: 'You were logged out: the password was changed, somebody ended this login, or it expired.',
    hint: 'The first password was printed when the server first started.',
    forgotten: 'Forgotten? On the server, this makes a new one:',
  },
  nav: { overview: 'Overview', streams: 'Streams', recording: 'Recording', media: 'Media', callbacks: 'Callbacks', settings: 'Settings', explorer: 'API explorer' },
  overview: {
    live: 'Live now', streams: 'Live streams', incoming: 'Incoming', recordings: 'Recordings under way', backlog: 'Callbacks waiting', free: 'Free disk', used: 'How full the disk is', full: '{{percent}} % used', stops: 'When full: recording stops', rotates: 'When full: the oldest are deleted', copy: 'Copy', copied: 'Copied',
    nobody: 'Nothing is live. Push a stream, such as with', addresses: 'Addresses and keys for OBS, ffmpeg and cameras',
    bitrate: 'Bitrate of the last two minutes', frames: 'Pictures per second of the last two minutes', fps: '{{count}} fps',
    picture: 'Picture of {{name}}', unrecorded: 'Not recorded', byTask: 'Because of task {{id}}', byRule: 'Because of rule {{rule}}', rule: 'by rule', task: 'by task', starting: 'starting …',
    waiting: 'Waiting for their stream', waitingFor: 'The {{format}} goes on in the same file if the stream comes back within {{time}}.',
  },
};

export default en;
export type Texts = typeof en;
