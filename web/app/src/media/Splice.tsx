import { useState } from 'react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, Collapse, Flex, Form, Input, Modal, Radio, Segmented, Skeleton, Spin, Typography } from 'antd';
import { call, type ApiError } from '../api/client';
import { useAction } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { ClassSelect } from './ClassSelect';
import { useLengths } from './lengths';
import { filesOf, inApp } from './lookups';
import { useShow } from './show';
import { inOrder, streamSpan, twice, withPieces } from './splice';
import { SpliceFiles } from './SpliceFiles';
import { Making, useMaking, type Made } from './SpliceMaking';
import { Pieces, type Spliced, type SplicedGap } from './SplicePieces';
import { SpliceStream, type Span } from './SpliceStream';
import type { MediaInfo } from './types';
import { useWork } from './Work';
import { workTexts } from './workTexts';

interface Props {
  /** Files that were chosen; none: a stream is asked for. */
  files: MediaInfo[];
  app: number;
  close: () => void;
  /** The stream that is proposed where no file is. */
  stream?: Span;
}

/** Joins files, or what there is of a stream: one dialog from the choice to the new file. Of one recording, the pieces of its show. */
export function SpliceDialog(props: Props) {
  const [only, ...more] = props.files;
  return only && !more.length && !props.stream && streamSpan([only]) ? <OfShow {...props} only={only} /> : <Dialog {...props} />;
}

function OfShow({ only, ...props }: Props & { only: MediaInfo }) {
  const t = useTexts(workTexts);
  const { pieces, error } = useShow(only, props.app);
  if (!pieces && !error) return <Modal open title={t.spliceTitle} width={720} centered footer={null} onCancel={props.close}><Skeleton active /></Modal>;
  const files = pieces ?? props.files;
  const stream = streamSpan(files);
  return <Dialog {...props} files={files} {...(stream ? { stream } : {})} />;
}

function Dialog({ files, app, close, stream }: Props) {
  const t = useTexts(workTexts);
  const length = useLengths();
  const queries = useQueryClient();
  const { watch } = useWork();
  const [byStream, setByStream] = useState(!files.length || !!stream);
  const [start] = useState(() => inOrder(files));
  const [joined, setJoined] = useState(start.joined);
  const [span, setSpan] = useState<Span>(stream ?? streamSpan(files) ?? { domain: '', app: 'live', stream: '', from: '', to: '' });
  const [name, setName] = useState('');
  const [type, setType] = useState('mp4');
  const [classId, setClassId] = useState(0);
  const what = byStream
    ? { DomainName: span.domain, AppName: span.app, StreamName: span.stream, ...(span.from ? { StartTime: span.from } : {}), ...(span.to ? { EndTime: span.to } : {}) }
    : { FileIds: joined.map((f) => f.FileId) };
  const ready = byStream ? span.stream.trim() !== '' : joined.length > 1;
  const make = useMutation<Made, ApiError>({
    mutationFn: () => call<Made>('vod', 'SpliceRecordings', { ...inApp(app), ...what, ...(name.trim() ? { FileName: name.trim() } : {}), OutputMediaType: type, ClassId: classId, Wait: 0 }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['work'] }),
  });
  const making = useMaking(make.data, inApp(app));
  const leave = () => {
    if (make.data && !making.over) watch(make.data.TaskId);
    close();
  };
  const add = useMutation<MediaInfo[], ApiError, SplicedGap>({
    mutationFn: (gap) => filesOf(app, gap.OtherSet.map((p) => p.FileId)),
    onSuccess: (found, gap) => setJoined((now) => withPieces(now, found, gap.EndTime)),
  });
  const plan = useAction<Spliced>('media', 'vod', 'SpliceRecordings', { ...inApp(app), ...what, DryRun: true }, { enabled: ready && !make.data, keep: true });
  const again = byStream || !plan.data ? 0 : twice(plan.data.PieceSet, joined);
  return (
    <Modal
      open
      title={t.spliceTitle}
      width={720}
      centered
      styles={{ body: { maxHeight: 'calc(100vh - 190px)', overflow: 'auto' } }}
      onCancel={leave}
      okText={t.make}
      cancelText={t.cancel}
      okButtonProps={{ disabled: !ready || !plan.data || !!plan.error, loading: make.isPending }}
      onOk={() => make.mutate()}
      {...(make.data ? { footer: null } : {})}
    >
      {make.data ? (
        <Making made={make.data} making={making} app={app} leave={leave} close={close} />
      ) : (
        <Flex vertical gap={12}>
          <Typography.Text type="secondary">{t.intro}</Typography.Text>
          {files.length > 0 && <Segmented block value={byStream ? 's' : 'f'} options={[{ value: 'f', label: t.byFiles }, { value: 's', label: t.byStream }]} onChange={(v) => setByStream(v === 's')} />}
          {byStream ? <SpliceStream span={span} change={setSpan} /> : <SpliceFiles joined={joined} change={setJoined} left={start.left} />}
          {!ready && <Alert type="info" title={byStream ? t.need : t.few} />}
          {ready && (plan.error ? <Failure error={plan.error} /> : plan.data ? <Spin spinning={plan.isPlaceholderData} delay={300}><Pieces title={t.before} found={plan.data} {...(byStream ? {} : { add: add.mutate })} /></Spin> : <Skeleton active paragraph={{ rows: 2 }} />)}
          {again >= 0.5 && <Alert type="warning" showIcon title={t.twice(length(again))} />}
          {add.error && <Failure error={add.error} />}
          <Output {...{ name, setName, type, setType, classId, setClassId, app }} />
          {make.error && <Failure error={make.error} />}
        </Flex>
      )}
    </Modal>
  );
}

interface OutputProps {
  name: string;
  setName: (name: string) => void;
  type: string;
  setType: (type: string) => void;
  classId: number;
  setClassId: (id: number) => void;
  app: number;
}

/** What the new file is to be; one need not care. */
function Output({ name, setName, type, setType, classId, setClassId, app }: OutputProps) {
  const t = useTexts(workTexts);
  return (
    <Form layout="vertical" component="div">
      <Form.Item label={t.name} htmlFor="splice-name" extra={t.nameHint} style={{ marginBottom: 8 }}>
        <Input id="splice-name" maxLength={64} showCount value={name} onChange={(e) => setName(e.target.value)} />
      </Form.Item>
      <Collapse
        ghost
        size="small"
        items={[
          {
            key: 'more',
            label: `${t.format}: ${type.toUpperCase()} · ${t.classOf}`,
            children: (
              <Flex vertical gap={12}>
                <Radio.Group aria-label={t.format} vertical value={type} onChange={(e) => setType(e.target.value as string)} options={[{ value: 'mp4', label: t.mp4 }, { value: 'hls', label: t.hls }]} />
                <ClassSelect label={t.classOf} app={app} value={classId} change={setClassId} />
              </Flex>
            ),
          },
        ]}
      />
    </Form>
  );
}
