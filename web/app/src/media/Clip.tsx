import { useState } from 'react';
import { App, Flex, Form, Input, Modal, Radio, Select, Typography } from 'antd';
import { useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { duration } from '../lib/format';
import { clipTexts } from './clipTexts';
import { inApp } from './lookups';
import { isPart, PartFields } from './PartFields';
import type { Part } from './Scrubber';
import { stamp } from './timeline';
import { nameFrom } from './titles';
import type { MediaInfo } from './types';
import { useWork } from './Work';

interface Props {
  info: MediaInfo;
  app: number;
  part: Part;
  length: number;
  close: () => void;
}

/** Makes a file of a part of one. */
export function ClipDialog({ info, app, part, length, close }: Props) {
  const t = useTexts(clipTexts);
  const { message } = App.useApp();
  const { watch, show } = useWork();
  const [range, setRange] = useState({ from: part.from ?? 0, to: part.to ?? length });
  const [name, setName] = useState(() => nameFrom(info, `${stamp(part.from ?? 0)}–${stamp(part.to ?? length)}`));
  const [precise, setPrecise] = useState(false);
  const [container, setContainer] = useState('mp4');
  const make = useChange<object, { TaskId: string }>('vod', 'ComposeMedia', ['work']);
  const sound = info.MetaData.VideoStreamSet.length === 0;
  const kind = sound ? 'Audio' : 'Video';
  const submit = () =>
    make.mutate(
      {
        ...inApp(app),
        Tracks: [{ Type: kind, TrackItems: [{ Type: kind, [`${kind}Item`]: { SourceMedia: info.FileId, SourceMediaStartTime: range.from, Duration: Number((range.to - range.from).toFixed(3)) } }] }],
        Output: { FileName: name.trim(), Container: sound && container === 'mp4' ? 'm4a' : container, Precision: precise ? 'precise' : 'rough', ClassId: info.BasicInfo.ClassId },
      },
      {
        onSuccess: ({ TaskId }) => {
          watch(TaskId);
          void message.success(t.started);
          close();
          show();
        },
      },
    );
  return (
    <Modal open title={t.title} onCancel={close} okText={t.make} cancelText={t.cancel} onOk={submit} okButtonProps={{ loading: make.isPending, disabled: !name.trim() || !isPart(range.from, range.to, length) }}>
      <Form layout="vertical" component="div">
        <Typography.Paragraph type="secondary">{t.intro}</Typography.Paragraph>
        <PartFields {...range} length={length} change={(from, to) => setRange({ from, to })} />
        {range.to > range.from && <Typography.Paragraph type="secondary">{t.part(duration(range.to - range.from))}</Typography.Paragraph>}
        <Form.Item label={t.how}>
          <Radio.Group value={precise} onChange={(e) => setPrecise(e.target.value as boolean)}>
            <Flex vertical gap={8}>
              {[false, true].map((exact) => (
                <Radio key={String(exact)} value={exact} style={{ alignItems: 'start' }}>
                  {exact ? t.precise : t.rough}
                  <Typography.Text type="secondary" style={{ display: 'block', fontSize: 12 }}>
                    {exact ? t.preciseHint : t.roughHint}
                  </Typography.Text>
                </Radio>
              ))}
            </Flex>
          </Radio.Group>
        </Form.Item>
        <Form.Item label={t.name} htmlFor="clip-name" extra={t.nameNeeded}>
          <Input id="clip-name" maxLength={64} showCount value={name} onChange={(e) => setName(e.target.value)} />
        </Form.Item>
        <Form.Item label={t.format} htmlFor="clip-format">
          <Select id="clip-format" value={container} onChange={setContainer} options={['mp4', 'hls'].map((value) => ({ value, label: sound && value === 'mp4' ? 'M4A' : value.toUpperCase() }))} />
        </Form.Item>
        {make.error && <Failure error={make.error} />}
      </Form>
    </Modal>
  );
}
