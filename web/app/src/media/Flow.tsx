import { useState } from 'react';
import { App, Form, Modal, Select, Typography } from 'antd';
import { useAction, useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { fileTexts } from './fileTexts';
import { inApp } from './lookups';
import type { MediaInfo } from './types';
import { useWork } from './Work';

interface Procedure {
  Name: string;
  Type: string;
  Comment: string;
}

/** Runs a procedure on a file. */
export function FlowDialog({ info, app, close }: { info: MediaInfo; app: number; close: () => void }) {
  const t = useTexts(fileTexts);
  const { message } = App.useApp();
  const { watch } = useWork();
  const [name, setName] = useState('Preview');
  const { data, error } = useAction<{ ProcedureTemplateSet: Procedure[] }>('media', 'vod', 'DescribeProcedureTemplates', { ...inApp(app), Limit: 100 });
  const start = useChange<object, { TaskId: string }>('vod', 'ProcessMediaByProcedure', ['work']);
  const submit = () =>
    start.mutate(
      { ...inApp(app), FileId: info.FileId, ProcedureName: name },
      {
        onSuccess: ({ TaskId }) => {
          watch(TaskId);
          void message.success(t.started);
          close();
        },
      },
    );
  return (
    <Modal open title={t.flowTitle} onCancel={close} okText={t.start} cancelText={t.cancel} onOk={submit} okButtonProps={{ loading: start.isPending }}>
      <Form layout="vertical" component="div">
        {error && <Failure error={error} />}
        <Form.Item label={t.procedure} htmlFor="flow-name" extra={t.flowHint}>
          <Select
            id="flow-name"
            value={name}
            onChange={setName}
            options={data?.ProcedureTemplateSet.map((p) => ({ value: p.Name, label: p.Type === 'Preset' ? `${p.Name}: ${t.flows[p.Name] ?? t.preset}` : p.Name }))}
          />
        </Form.Item>
        <Typography.Paragraph type="secondary">{data?.ProcedureTemplateSet.find((p) => p.Name === name)?.Comment}</Typography.Paragraph>
        {start.error && <Failure error={start.error} />}
      </Form>
    </Modal>
  );
}
