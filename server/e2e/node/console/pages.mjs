// The table of the console's pages. A page is looked at in both languages, light and dark, on a laptop and on a phone; what is to be done on it
// besides is its scenario. A new page is a row here and, if it does something, a file in scenarios/.
//
//   name      names its screenshots
//   path      below /console; a function makes it of what the test has prepared (input of main.mjs)
//   title     the heading, by language; without it any heading does
//   shows     texts that must be on it in any language, such as names of what was prepared; may be a function of the input
//   scenario  what people do there, in English at 1440 px: a function of {page, input, expect}
import { audit, keys, sessions } from './scenarios/accounts.mjs';
import callbacks from './scenarios/callbacks.mjs';
import explorer from './scenarios/explorer.mjs';
import { file, hls, list } from './scenarios/media.mjs';
import overview from './scenarios/overview.mjs';
import { rules, tasks, templates } from './scenarios/recording.mjs';
import { apps, domains, files } from './scenarios/settings.mjs';
import { pulls, stream, streams } from './scenarios/streams.mjs';

export const pages = [
  { name: 'overview', path: '/', title: { en: 'Overview', zh: '概览' }, shows: (input) => [`live/${input.live}`], scenario: overview },
  { name: 'not-found', path: '/nowhere', title: { en: 'Not found', zh: '未找到' } },
  { name: 'streams', path: '/streams', title: { en: 'Streams', zh: '直播流' }, shows: (input) => [`live/${input.live}`], scenario: streams },
  { name: 'streams-history', path: '/streams?tab=history', shows: ['shows/morning'] },
  { name: 'streams-pulls', path: '/streams?tab=pulls', scenario: pulls },
  { name: 'streams-forbidden', path: '/streams?tab=forbidden' },
  { name: 'stream', path: (input) => `/streams/localhost/live/${input.live}`, shows: (input) => [`live/${input.live}`], scenario: stream },
  { name: 'stream-strange', path: (input) => `/streams/localhost/live/${encodeURIComponent(input.strange[0].name)}` },
  { name: 'stream-addresses', path: '/streams/localhost/shows/morning?tab=addresses', shows: ['OBS'] },
  { name: 'recording', path: '/recording', title: { en: 'Recording', zh: '录制' }, shows: ['shows'], scenario: templates },
  { name: 'recording-template', path: (input) => `/recording/templates/${input.recordTemplate}`, shows: ['shows'] },
  { name: 'recording-rules', path: '/recording/rules', shows: ['shows'], scenario: rules },
  { name: 'recording-tasks', path: '/recording/tasks', scenario: tasks },
  { name: 'media', path: '/media', title: { en: 'Media', zh: '媒资' }, scenario: list },
  { name: 'media-list', path: '/media?view=list', shows: ['shows/morning'] },
  { name: 'media-file', path: (input) => `/media/${input.mp4[0]}`, scenario: file },
  { name: 'media-hls', path: (input) => `/media/${input.hls[0]}`, scenario: hls },
  { name: 'media-gone', path: '/media/1' },
  { name: 'callbacks', path: '/callbacks', title: { en: 'Callbacks', zh: '回调' }, shows: ['newsroom'], scenario: callbacks },
  { name: 'callbacks-rules', path: '/callbacks/rules', shows: ['newsroom'] },
  { name: 'callbacks-log', path: '/callbacks/log', shows: (input) => [`live/${input.live}`, 'HTTP 503'] },
  { name: 'callbacks-waiting', path: '/callbacks/waiting', shows: ['live/finished'] },
  { name: 'callbacks-media', path: '/callbacks/media' },
  { name: 'callbacks-new', path: '/callbacks/templates/new' },
  { name: 'callbacks-template', path: (input) => `/callbacks/templates/${input.callbackTemplate}`, shows: ['newsroom', 'localhost/live', 'X-Aircheck-Signature'] },
  { name: 'settings', path: '/settings', title: { en: 'Settings', zh: '设置' }, shows: ['localhost'], scenario: domains },
  { name: 'settings-domain', path: '/settings/domains/localhost', shows: ['localhost'] },
  { name: 'settings-play', path: '/settings/play', shows: ['127.0.0.1'], scenario: files },
  { name: 'settings-apps', path: '/settings/apps', scenario: apps },
  { name: 'settings-storage', path: '/settings/storage', shows: ['shows'] },
  { name: 'settings-keys', path: '/settings/keys', scenario: keys },
  { name: 'settings-audit', path: '/settings/audit', scenario: audit },
  { name: 'settings-console', path: '/settings/console', scenario: sessions },
  { name: 'explorer', path: '/explorer', title: { en: 'API explorer', zh: 'API 调试' } },
  { name: 'explorer-action', path: '/explorer/vod/SearchMedia', scenario: explorer },
];
