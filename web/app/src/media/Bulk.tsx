import { useState } from 'react';
import { useQueryClient } from '@tanstack/react-query';
import { DeleteOutlined, FolderOutlined, HddOutlined, MergeCellsOutlined, TagsOutlined } from '@ant-design/icons';
import { Alert, App, Button, Card, Flex, Form, Modal, Select, Typography } from 'antd';
import { call, type ApiError } from '../api/client';
import { Name, visible } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { bytes, duration } from '../lib/format';
import { ClassSelect } from './ClassSelect';
import { inApp } from './lookups';
import { SpliceDialog } from './Splice';
import { TagInput } from './TagInput';
import { texts } from './texts';
import { titleOf } from './titles';
import type { MediaInfo } from './types';
import { useWork } from './Work';

interface Props {
  app: number;
  /** The files of the page. */
  page: MediaInfo[];
  chosen: ReadonlyMap<string, MediaInfo>;
  choose: (files: MediaInfo[], on: boolean) => void;
  done: () => void;
  tags: string[];
}

type What = 'splice' | 'tag' | 'move' | 'storage' | 'remove';

/** What can be done with several files at once; shown while some are chosen. */
export function Bulk({ app, page, chosen, choose, done, tags }: Props) {
  const t = useTexts(texts);
  const [what, setWhat] = useState<What>();
  const files = [...chosen.values()];
  if (!files.length) return null;
  const close = () => setWhat(undefined);
  const end = (left: MediaInfo[]) => {
    close();
    done();
    choose(left, true);
  };
  return (
    <Card size="small" style={{ marginBottom: 12, position: 'sticky', top: 0, zIndex: 5 }}>
      <Flex wrap gap={8} align="center">
        <Typography.Text strong>{t.chosen(files.length)}</Typography.Text>
        <Button size="small" type="link" onClick={() => choose(page, true)}>{t.all}</Button>
        <Button size="small" type="link" onClick={done}>{t.unchoose}</Button>
        <Flex wrap gap={8} style={{ marginInlineStart: 'auto' }}>
          <Button type="primary" icon={<MergeCellsOutlined />} onClick={() => setWhat('splice')}>{t.splice}</Button>
          <Button icon={<TagsOutlined />} onClick={() => setWhat('tag')}>{t.tag}</Button>
          <Button icon={<FolderOutlined />} onClick={() => setWhat('move')}>{t.move}</Button>
          <Button icon={<HddOutlined />} onClick={() => setWhat('storage')}>{t.storageMove}</Button>
          <Button danger icon={<DeleteOutlined />} onClick={() => setWhat('remove')}>{t.remove}</Button>
        </Flex>
      </Flex>
      {what === 'splice' && <SpliceDialog files={files} app={app} close={close} />}
      {what === 'tag' && <TagDialog files={files} app={app} close={close} end={end} tags={tags} />}
      {what === 'move' && <MoveDialog files={files} app={app} close={close} end={end} />}
      {what === 'storage' && <StorageDialog files={files} app={app} close={close} end={end} />}
      {what === 'remove' && <RemoveDialog files={files} app={app} close={close} end={end} />}
    </Card>
  );
}

export interface DialogProps {
  files: MediaInfo[];
  app: number;
  close: () => void;
  /** It is done, but not with these. */
  end: (left: MediaInfo[]) => void;
}

/** Does something with each of some files, and says of which it could not be done, in the server's words. */
function useEach(end: DialogProps['end']) {
  const t = useTexts(texts);
  const queries = useQueryClient();
  const { message, modal } = App.useApp();
  const [busy, setBusy] = useState(false);
  const run = async (files: MediaInfo[], action: string, params: (info: MediaInfo) => object, said: (n: number) => string) => {
    setBusy(true);
    const left: MediaInfo[] = [];
    const wrong: string[] = [];
    for (const info of files) {
      await call('vod', action, params(info)).catch((cause: ApiError) => {
        left.push(info);
        wrong.push(`${titleOf(info).slice(0, 60)}: ${cause.message}`);
      });
    }
    setBusy(false);
    // First: what was deleted is no longer looked at when it is asked for again.
    end(left);
    if (wrong.length) modal.error({ title: t.failed(wrong.length), content: wrong.slice(0, 10).map((text, i) => <div key={i}>{visible(text)}</div>) });
    else void message.success(said(files.length));
    await queries.invalidateQueries({ queryKey: ['media'] });
  };
  return { busy, run };
}

function TagDialog({ files, app, close, end, tags }: DialogProps & { tags: string[] }) {
  const t = useTexts(texts);
  const { busy, run } = useEach(end);
  const [add, setAdd] = useState<string[]>([]);
  const [remove, setRemove] = useState<string[]>([]);
  const theirs = [...new Set(files.flatMap((f) => f.BasicInfo.TagSet))].sort();
  const params = (info: MediaInfo) => ({ ...inApp(app), FileId: info.FileId, ...(add.length ? { AddTags: add } : {}), ...(remove.length ? { DeleteTags: remove } : {}) });
  return (
    <Modal open title={t.tag} onCancel={close} okText={t.apply} okButtonProps={{ disabled: !add.length && !remove.length, loading: busy }} onOk={() => void run(files, 'ModifyMediaInfo', params, t.done)}>
      <Form layout="vertical" component="div">
        <Form.Item label={t.addTags} htmlFor="bulk-add" extra={t.tagLimit}>
          <TagInput id="bulk-add" value={add} change={setAdd} known={tags} />
        </Form.Item>
        {theirs.length > 0 && (
          <Form.Item label={t.removeTags} htmlFor="bulk-remove">
            <Select id="bulk-remove" mode="multiple" value={remove} onChange={setRemove} options={theirs.map((value) => ({ value }))} />
          </Form.Item>
        )}
      </Form>
    </Modal>
  );
}

function MoveDialog({ files, app, close, end }: DialogProps) {
  const t = useTexts(texts);
  const { busy, run } = useEach(end);
  const [to, setTo] = useState<number>();
  return (
    <Modal open title={t.move} onCancel={close} okText={t.apply} okButtonProps={{ disabled: to === undefined, loading: busy }} onOk={() => void run(files, 'ModifyMediaInfo', (info) => ({ ...inApp(app), FileId: info.FileId, ClassId: to }), t.done)}>
      <ClassSelect label={t.classOf} app={app} value={to} change={setTo} />
    </Modal>
  );
}

function StorageDialog({ files, app, close, end }: DialogProps) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const { watch } = useWork();
  const [to, setTo] = useState('STANDARD_IA');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState('');
  const those = files.filter((f) => f.BasicInfo.StorageClass !== to && f.BasicInfo.Status !== 'Recording').slice(0, 100);
  const move = async () => {
    setBusy(true);
    await call<{ TaskId: string }>('vod', 'ModifyMediaStorageClass', { ...inApp(app), FileIds: those.map((f) => f.FileId), StorageClass: to }).then(
      ({ TaskId }) => {
        watch(TaskId);
        void message.success(t.moving);
        end([]);
      },
      (cause: ApiError) => setError(cause.message),
    );
    setBusy(false);
  };
  return (
    <Modal open title={t.storageMove} onCancel={close} okText={`${t.apply} (${those.length})`} okButtonProps={{ disabled: !those.length, loading: busy }} onOk={() => void move()}>
      {error && <Alert type="error" title={error} style={{ marginBottom: 12 }} />}
      <Select aria-label={t.storage} style={{ width: '100%' }} value={to} onChange={setTo} options={Object.entries(t.classes).map(([value, label]) => ({ value, label }))} />
    </Modal>
  );
}

/** Asks before files are deleted, and says what goes with them. */
export function RemoveDialog({ files, app, close, end, begin }: DialogProps & { begin?: () => void }) {
  const t = useTexts(texts);
  const { busy, run } = useEach(end);
  const those = files.filter((f) => !f.RecordInfo.Held && f.BasicInfo.Status !== 'Recording');
  const sum = (of: (f: MediaInfo) => number) => those.reduce((n, f) => n + of(f), 0);
  return (
    <Modal
      open
      title={t.removeTitle(those.length)}
      onCancel={close}
      okText={t.remove}
      okButtonProps={{ danger: true, disabled: !those.length, loading: busy }}
      onOk={() => {
        begin?.();
        void run(those, 'DeleteMedia', (info) => ({ ...inApp(app), FileId: info.FileId }), t.deleted);
      }}
    >
      {those.length > 0 && <Typography.Paragraph>{t.removeWhat(duration(sum((f) => f.MetaData.Duration)), bytes(sum((f) => f.MetaData.Size)))}</Typography.Paragraph>}
      {those.slice(0, 5).map((f) => (
        <div key={f.FileId}>
          <Name>{titleOf(f)}</Name> <Typography.Text type="secondary">{f.BasicInfo.Type.toUpperCase()}</Typography.Text>
        </div>
      ))}
      {those.length < files.length && <Alert style={{ marginTop: 12 }} type="info" title={those.length ? t.removeSkip(files.length - those.length) : t.nothing} />}
    </Modal>
  );
}
