import { App } from 'antd';
import { useChange } from '../api/hooks';
import { useTexts } from '../i18n/texts';
import { inApp } from '../media/lookups';
import type { PartProps, Protection } from './Play';
import { texts } from './playTexts';

/** Changes a part of who may play, and says that it did. */
export function useProtect({ app, protection }: PartProps) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const change = useChange<object>('vod', 'ModifyVodDomainConfig', ['settings', 'media']);
  const save = (part: Partial<Omit<Protection, 'Domain'>>, then: () => void) =>
    change.mutate(
      { ...inApp(app), Domain: protection.Domain, ...part },
      {
        onSuccess: () => {
          then();
          void message.success(t.saved);
        },
      },
    );
  return { save, error: change.error, busy: change.isPending };
}
