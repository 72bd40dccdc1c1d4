import { describe, expect, it } from 'vitest';
import { ffmpegFile, parseStreamLink, playAddress, quoted, streamLink, type StreamAddress, type StreamAddresses } from './model';
import { wayToPlay } from './play';
import { parametersOf } from './PullForm';
import { reasonIn } from './reasons';

const key = (DomainName: string, AppName: string, StreamName: string) => ({ DomainName, AppName, StreamName });

describe('the address of a stream’s page', () => {
  it.each([key('localhost', 'live', 'show'), key('a.example', 'tv/news/x', 'a b?<i>#/é%'), key('::1', 'live', '..\u202e"')])('is read as it was written: %o', (stream) => {
    expect(parseStreamLink(streamLink(stream))).toEqual(stream);
  });
  it.each(['/streams/', '/streams/localhost', '/streams/localhost/live', '/streams/localhost/live/', '/streams/localhost/live/%E0%A4%A'])('is refused where it names none: %s', (path) => {
    expect(parseStreamLink(path)).toBeUndefined();
  });
});

const answer = (...urls: string[]): StreamAddresses => ({
  DomainName: 'push.example', ExpireTime: '', PushSigned: true, PlaySigned: true, Hosts: [], AddressSet: urls.map((Url) => ({ Purpose: 'play', Protocol: 'http-flv', Url, Server: '', StreamKey: '' })),
});

describe('the address to play from', () => {
  it('takes the signature to the server that the page comes from', () => {
    expect(playAddress(key('push.example', 'tv/a', 'b c'), answer('https://public.example/air/tv/a/b%20c.flv?txSecret=1&txTime=2'), 'http://10.0.0.1:8080', 'flv')).toBe(
      'http://10.0.0.1:8080/tv/a/b%20c.flv?txSecret=1&txTime=2&vhost=push.example',
    );
  });
  it('does without one', () => {
    expect(playAddress(key('push.example', 'live', 's'), answer(), 'http://h', 'hls')).toBe('http://h/live/s.m3u8?vhost=push.example');
  });
});

it('quotes what a shell would take apart', () => {
  expect(quoted(`it's $x`)).toBe(`'it'\\''s $x'`);
  const push: StreamAddress = { Purpose: 'push', Protocol: 'rtsps', Url: 'rtsps://h/a/b?x&y', Server: '', StreamKey: '' };
  expect(ffmpegFile(push)).toBe(`ffmpeg -re -i video.mp4 -c copy -f rtsp 'rtsps://h/a/b?x&y'`);
});

describe('the way to play', () => {
  const way = (codecs: string[], supported: (type: string) => boolean = () => true) =>
    wayToPlay(codecs.map((Codec) => ({ Kind: /^(h26|av1|vp)/.test(Codec) ? ('video' as const) : ('audio' as const), Codec, Width: 0, Height: 0, SampleRate: 0, Channels: 0 })), supported);
  it.each([
    [['h264', 'aac'], 'flv', []],
    [['opus'], 'flv', []],
    [['vp9', 'opus'], 'hls', []],
    [['h264', 'g711a'], 'hls', ['G.711 A-law']],
    [['vp8', 'opus'], undefined, ['VP8']],
    [['g711u'], undefined, ['G.711 µ-law']],
  ])('of %j is %s', (codecs, by, without) => {
    expect(way(codecs)).toEqual({ by, without });
  });
  it('asks what the browser can', () => {
    expect(way(['h265', 'aac'], (type) => !type.includes('hvc1'))).toEqual({ by: undefined, without: ['H.265'] });
  });
});

describe('why a push ended', () => {
  it.each([
    ['the push client stopped the push: the publisher sent FCUnpublish', '推流端停止推流', ''],
    ['the push client stopped the push: the publisher closed the connection', '连接被关闭', '推流端未先结束推流：程序直接退出或被终止。'],
    ['the push was disconnected: the stream is forbidden until 2026-11-23T05:05:54Z: late: very', '推流被断开', '禁推至 2026-11-23T05:05:54Z late: very'],
    ['the push was disconnected: the stream is forbidden until 2026-11-23T05:05:54Z', '推流被断开', '禁推至 2026-11-23T05:05:54Z'],
    ['the connection broke: read tcp: timeout', '连接中断', 'read tcp: timeout'],
    ['something else', 'something else', ''],
  ])('is said in Chinese where that is known: %s', (reason, head, detail) => {
    expect(reasonIn('zh', reason)).toMatchObject({ head, detail });
  });
  it('is taken apart in English', () => {
    expect(reasonIn('en', 'the connection broke: EOF')).toEqual({ head: 'The connection broke', detail: 'EOF', color: 'warning' });
    expect(reasonIn('en', 'the push client stopped the push: the publisher sent TEARDOWN')).toEqual({ head: 'The push client stopped the push', detail: '', color: 'default' });
    expect(reasonIn('en', 'the push client stopped the push: the publisher closed the connection')).toMatchObject({ head: 'The connection was closed', color: 'warning' });
  });
});

it('makes the address that a source becomes', () => {
  const values = { ...key('::1', ' tv/a b ', 'c/d'), FromUrl: ' rtsp://cam ', Transport: 'tcp', times: { start: null }, Insecure: false, Fingerprint: ' ' };
  expect(parametersOf(values)).toEqual({
    FromUrl: 'rtsp://cam', ToUrl: 'rtmp://[::1]/tv/a%20b/c%2Fd', Transport: 'tcp', StartTime: '', EndTime: '', Insecure: false, Fingerprint: '',
  });
});
