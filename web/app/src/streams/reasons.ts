// Why pushes end. The server says it in English, as a head and often a detail behind it; here the usual ones have a colour and a Chinese form.

interface Head {
  color: 'default' | 'warning' | 'error' | 'processing';
  zh: string;
  /** In English, where it is not what the server says. */
  en?: string;
  /** More of it in English and Chinese, where the server says no more. */
  detail?: [string, string];
}

const heads: Record<string, Head> = {
  // Nobody can tell whether a program was ended or its machine was: it did not say that it stops.
  'the push client stopped the push: the publisher closed the connection': { color: 'warning', en: 'The connection was closed', zh: '连接被关闭', detail: ['The publisher did not end the push first: it was ended at once, or killed.', '推流端未先结束推流：程序直接退出或被终止。'] },
  'the push client stopped the push': { color: 'default', zh: '推流端停止推流' },
  'no data came for a long time': { color: 'warning', zh: '长时间没有数据' },
  'the connection broke': { color: 'warning', zh: '连接中断' },
  'another push took the stream over': { color: 'processing', zh: '被另一推流顶替' },
  'the push was disconnected': { color: 'error', zh: '推流被断开' },
  'what was pushed cannot be read': { color: 'error', zh: '推流数据无法解析' },
  'the server is stopping': { color: 'default', zh: '服务器停止' },
  'the server was interrupted; the stream was last known to be live at': { color: 'error', zh: '服务器中断，该流最后在线时间为' },
};

const details: [RegExp, string][] = [
  [/^disconnected by DropLiveStream$/, '由 DropLiveStream 断开'],
  [/^the stream is forbidden until (\S+?)(?:: ([\s\S]*))?$/, '禁推至 $1 $2'],
  [/^the time of the pull source is over$/, '拉流源的时间已结束'],
];

export interface Reason {
  head: string;
  detail: string;
  color: Head['color'];
}

/** Takes a reason apart, in a language; what is not known stays as it is. */
export function reasonIn(language: string, reason: string): Reason {
  const known = Object.keys(heads).find((head) => reason.startsWith(head));
  if (!known) return { head: reason, detail: '', color: 'default' };
  const { color, zh, en, detail } = heads[known]!;
  // What was sent to stop is of no more use than that it was.
  const rest = detail?.[language === 'zh' ? 1 : 0] ?? reason.slice(known.length).replace(/^:?\s*/, '').replace(/^the publisher sent .+$/, '');
  if (language !== 'zh') return { head: en ?? known.charAt(0).toUpperCase() + known.slice(1), detail: rest, color };
  const form = details.find(([pattern]) => pattern.test(rest));
  return { head: zh, detail: form ? rest.replace(...form).trim() : rest, color };
}
