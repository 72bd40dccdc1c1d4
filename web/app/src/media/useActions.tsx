import { useState, type RefObject } from 'react';
import { App, Input } from 'antd';
import { useQueryClient } from '@tanstack/react-query';
import { call, type ApiError } from '../api/client';
import { useTexts } from '../i18n/texts';
import { fileTexts } from './fileTexts';
import { inApp } from './lookups';
import { nameFrom } from './titles';
import type { MediaInfo } from './types';
import { useWork } from './Work';

/** The longer side of a cover that is taken from the picture that is shown, in pixels: a cover is no archive. */
const widest = 1280;

/** What is shown at the moment as a JPEG in Base64; empty if there is nothing yet. */
function picture(video: HTMLVideoElement | null): string {
  if (!video?.videoWidth) return '';
  const scale = Math.min(1, widest / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg', 0.88).split(',')[1] ?? '';
}

/** What is done with a file by one click, or by one question. */
export function useActions(info: MediaInfo, app: number, video: RefObject<HTMLVideoElement | null>) {
  const t = useTexts(fileTexts);
  const queries = useQueryClient();
  const { message, modal } = App.useApp();
  const { watch } = useWork();
  const [making, setMaking] = useState(false);
  const of = { ...inApp(app), FileId: info.FileId };
  const some = { ...inApp(app), FileIds: [info.FileId] };
  /** Does it, says what came of it, and returns the answer. */
  const run = async <R,>(action: string, params: object, said: string, then: 'play' | 'save' = 'play'): Promise<R | undefined> => {
    try {
      const answer = await call<R & { TaskId?: string }>('vod', action, params);
      await queries.invalidateQueries({ queryKey: ['media'] });
      void message.success(said);
      if (answer.TaskId) watch(answer.TaskId, then);
      return answer;
    } catch (cause) {
      modal.error({ title: (cause as ApiError).message, content: (cause as ApiError).code });
      return undefined;
    }
  };
  const hold = () => {
    let reason = '';
    modal.confirm({
      title: t.holdTitle,
      content: (
        <>
          <p>{t.holdHint}</p>
          <Input maxLength={128} aria-label={t.reason} placeholder={t.reason} onChange={(e) => (reason = e.target.value)} />
        </>
      ),
      okText: t.holdTitle,
      cancelText: t.cancel,
      onOk: () => run('SetMediaHold', { ...some, Hold: true, Reason: reason }, t.saved),
    });
  };
  return {
    making,
    hold,
    unhold: () => run('SetMediaHold', { ...some, Hold: false }, t.saved),
    forbid: () =>
      modal.confirm({ title: t.forbidTitle, content: t.forbidHint, okText: t.forbid, okButtonProps: { danger: true }, cancelText: t.cancel, onOk: () => run('ForbidMediaDistribution', { ...some, Operation: 'forbid' }, t.saved) }),
    recover: () => run('ForbidMediaDistribution', { ...some, Operation: 'recover' }, t.saved),
    store: (StorageClass: string) => run('ModifyMediaStorageClass', { ...some, StorageClass }, t.moving),
    sprite: async () => {
      setMaking(true);
      const definition = info.MetaData.Duration > 600 ? 10 : 20;
      if (!(await run('ProcessMedia', { ...of, MediaProcessTask: { ImageSpriteTaskSet: [{ Definition: definition }] } }, t.started))) setMaking(false);
    },
    cover: () => {
      const CoverData = picture(video.current);
      return CoverData ? run('ModifyMediaInfo', { ...of, CoverData }, t.coverSaved) : void message.warning(t.coverNot);
    },
    mp4: () => run('SpliceRecordings', { ...some, OutputMediaType: 'mp4', FileName: nameFrom(info), Wait: 0 }, t.saveLater, 'save'),
  };
}
