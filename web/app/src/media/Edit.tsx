import { useState } from 'react';
import { App, DatePicker, Form, Input, Modal } from 'antd';
import dayjs from 'dayjs';
import { useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { ClassSelect } from './ClassSelect';
import { fileTexts } from './fileTexts';
import { inApp } from './lookups';
import { TagInput } from './TagInput';
import { lives, never, type MediaInfo } from './types';

/** As ModifyMediaInfo has it. */
const longest = 64;
const characters = (text: string) => [...text].length;

/** Changes what people say of a file: name, description, tags, class, expiry. */
export function EditDialog({ info, app, close }: { info: MediaInfo; app: number; close: () => void }) {
  const t = useTexts(fileTexts);
  const { message } = App.useApp();
  // What was there when the dialog opened: what somebody else changed since is left as it is.
  const [basic] = useState(info.BasicInfo);
  const [name, setName] = useState(basic.Name);
  const [description, setDescription] = useState(basic.Description);
  const [tags, setTags] = useState(basic.TagSet);
  const [classId, setClassId] = useState(basic.ClassId);
  const [expires, setExpires] = useState(lives(info) ? null : dayjs(basic.ExpireTime));
  const save = useChange<object>('vod', 'ModifyMediaInfo', ['media']);
  // Recordings may have longer names than people can give.
  const long = name !== basic.Name && characters(name.trim()) > longest;
  const add = tags.filter((tag) => !basic.TagSet.includes(tag));
  const remove = basic.TagSet.filter((tag) => !tags.includes(tag));
  const until = expires ? expires.toISOString() : never;
  const submit = () =>
    save.mutate(
      {
        ...inApp(app),
        FileId: info.FileId,
        ...(name !== basic.Name ? { Name: name.trim() } : {}),
        ...(description !== basic.Description ? { Description: description } : {}),
        ...(add.length ? { AddTags: add } : {}),
        ...(remove.length ? { DeleteTags: remove } : {}),
        ...(classId !== basic.ClassId ? { ClassId: classId } : {}),
        ...(dayjs(until).valueOf() !== dayjs(basic.ExpireTime).valueOf() ? { ExpireTime: until } : {}),
      },
      {
        onSuccess: () => {
          void message.success(t.saved);
          close();
        },
      },
    );
  return (
    <Modal open title={t.edit} onCancel={close} okText={t.save} cancelText={t.cancel} onOk={submit} okButtonProps={{ loading: save.isPending, disabled: !name.trim() || long }}>
      <Form layout="vertical" component="div">
        <Form.Item label={t.name} htmlFor="edit-name" extra={t.nameHint}>
          <Input id="edit-name" dir="auto" count={{ show: true, max: longest, strategy: characters }} {...(long ? { status: 'error' as const } : {})} value={name} onChange={(e) => setName(e.target.value)} />
        </Form.Item>
        <Form.Item label={t.description} htmlFor="edit-description">
          <Input.TextArea id="edit-description" dir="auto" maxLength={128} showCount autoSize={{ minRows: 2 }} value={description} onChange={(e) => setDescription(e.target.value)} />
        </Form.Item>
        <Form.Item label={t.tags} htmlFor="edit-tags" extra={t.tagHint}>
          <TagInput id="edit-tags" value={tags} change={setTags} />
        </Form.Item>
        <Form.Item label={t.classOf} htmlFor="edit-class">
          <ClassSelect id="edit-class" app={app} value={classId} change={setClassId} />
        </Form.Item>
        <Form.Item label={t.expiry} htmlFor="edit-expiry" extra={t.expiryHint}>
          <DatePicker id="edit-expiry" showTime style={{ width: '100%' }} value={expires} onChange={setExpires} minDate={dayjs()} />
        </Form.Item>
        {save.error && <Failure error={save.error} />}
      </Form>
    </Modal>
  );
}
