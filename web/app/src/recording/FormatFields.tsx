import { Card, Col, Collapse, Flex, Form, Row, Select, Switch, Typography, type FormInstance } from 'antd';
import { useAction } from '../api/hooks';
import { useTexts } from '../i18n/texts';
import type { Draft } from './draft';
import { mistake } from './fileName';
import { FileNameInput } from './FileNameInput';
import { SecondsInput } from './SecondsInput';
import { StorageTimeInput } from './StorageTimeInput';
import { texts } from './texts';
import type { Format, ParamName } from './types';

interface Props {
  format: Format;
  param: ParamName;
  form: FormInstance<Draft>;
}

const wait = ['s', 'min'] as const;

/** A format of a template: whether it is recorded, and how. */
export function FormatFields({ format, param, form }: Props) {
  const t = useTexts(texts);
  const on = Form.useWatch([param, 'Enable'], form) === 1;
  const name = format.toUpperCase();
  return (
    <Card size="small" styles={{ body: on ? {} : { padding: '8px 12px' } }}>
      <Flex gap={12} align="center">
        <Form.Item name={[param, 'Enable']} noStyle valuePropName="checked" getValueProps={(v: number) => ({ checked: v === 1 })} normalize={(v: boolean) => (v ? 1 : 0)}>
          <Switch aria-label={t.form.on(name)} disabled={format === 'mp3' && !on} />
        </Form.Item>
        <div style={{ minWidth: 0 }}>
          <Typography.Text strong>{name}</Typography.Text>{' '}
          <Typography.Text type="secondary">{t.formatWhat[format]}</Typography.Text>
        </div>
      </Flex>
      {on && <Settings format={format} param={param} form={form} />}
    </Card>
  );
}

function Settings({ format, param, form }: Props) {
  const t = useTexts(texts);
  const f = t.form;
  const interval: number = Form.useWatch([param, 'RecordInterval'], form) ?? 1800;
  const special = format === 'hls' ? 'HlsSpecialParam' : format === 'mp4' ? 'Mp4SpecialParam' : undefined;
  const bounds = (low: number, high: number, text: string) => ({ validator: (_: unknown, v: number) => (v >= low && v <= high ? Promise.resolve() : Promise.reject(new Error(text))) });
  return (
    <div style={{ marginTop: 16 }}>
      <Row gutter={16}>
        <Col xs={24} md={12}>
          {format === 'hls' ? (
            <Form.Item label={f.interval}>
              <Typography.Text>{f.hlsInterval}</Typography.Text>
            </Form.Item>
          ) : (
            <Form.Item name={[param, 'RecordInterval']} label={f.interval} extra={format === 'aac' || format === 'mp3' ? f.intervalHelpSound : f.intervalHelp} rules={[bounds(60, 7200, f.intervalBad)]}>
              <SecondsInput label={f.interval} units={['s', 'min', 'h']} max={7200} />
            </Form.Item>
          )}
        </Col>
        {special && (
          <Col xs={24} md={12}>
            <Form.Item name={[special, 'FlowContinueDuration']} label={f.flow} extra={format === 'hls' ? f.flowHelp : f.flowHelpMp4} rules={[bounds(0, 1800, f.flowBad)]}>
              <SecondsInput label={f.flow} units={wait} max={1800} />
            </Form.Item>
          </Col>
        )}
      </Row>
      <Form.Item name={[param, 'StorageTime']} label={f.storage} extra={f.storageHelp} rules={[bounds(0, 129_600_000, f.storageBad)]}>
        <StorageTimeInput />
      </Form.Item>
      <Form.Item
        name={[param, 'VodFileName']}
        label={f.fileName}
        extra={f.fileNameHelp}
        rules={[{ validator: (_, v: string) => { const m = mistake(v ?? ''); return m ? Promise.reject(new Error(f.mistake(m))) : Promise.resolve(); } }]}
      >
        <FileNameInput format={format} length={format === 'hls' ? 3600 : interval} />
      </Form.Item>
      <Collapse ghost size="small" style={{ margin: '0 -12px -8px' }} items={[{ key: 'more', label: f.more, children: <Catalogue param={param} form={form} /> }]} />
    </div>
  );
}

interface Class {
  ClassId: number;
  ClassName: string;
  Level: number;
  ParentId: number;
}

/** Where files go in the catalogue, and what is done with them. */
function Catalogue({ param, form }: Omit<Props, 'format'>) {
  const t = useTexts(texts);
  const f = t.form;
  const SubAppId: number = Form.useWatch([param, 'VodSubAppId'], { form, preserve: true }) ?? 0;
  const apps = useAction<{ SubAppIdInfoSet: { SubAppId: number; Name: string }[] }>('settings', 'vod', 'DescribeSubAppIds');
  const classes = useAction<{ ClassInfoSet: Class[] }>('settings', 'vod', 'DescribeAllClass', { SubAppId });
  const flows = useAction<{ ProcedureTemplateSet: { Name: string; Comment: string }[] }>('media', 'vod', 'DescribeProcedureTemplates', { SubAppId, Limit: 100 });
  const item = { popupMatchSelectWidth: false, showSearch: { optionFilterProp: 'label' } } as const;
  return (
    <Row gutter={16}>
      <Col xs={24} md={12}>
        <Form.Item name={[param, 'VodSubAppId']} label={f.subApp} extra={f.subAppHelp}>
          <Select
            {...item}
            options={[{ value: 0, label: f.primary }, ...(apps.data?.SubAppIdInfoSet ?? []).filter((a) => a.SubAppId !== 0).map((a) => ({ value: a.SubAppId, label: a.Name }))]}
            onChange={() => form.setFieldValue([param, 'ClassId'], 0)}
          />
        </Form.Item>
      </Col>
      <Col xs={24} md={12}>
        <Form.Item name={[param, 'ClassId']} label={f.classId} extra={f.classHelp}>
          <Select {...item} options={[{ value: 0, label: f.other }, ...(classes.data?.ClassInfoSet ?? []).map((c) => ({ value: c.ClassId, label: path(c, classes.data?.ClassInfoSet ?? []) }))]} />
        </Form.Item>
      </Col>
      <Col xs={24} md={12}>
        <Form.Item name={[param, 'StorageMode']} label={f.mode} extra={f.modeHelp}>
          <Select options={[{ value: 'normal', label: f.normal }, { value: 'cold', label: f.cold }]} />
        </Form.Item>
      </Col>
      <Col xs={24} md={12}>
        <Form.Item name={[param, 'Procedure']} label={f.procedure} extra={f.procedureHelp}>
          <Select {...item} options={[{ value: '', label: f.procedureNone }, ...(flows.data?.ProcedureTemplateSet ?? []).map((p) => ({ value: p.Name, label: p.Comment ? `${p.Name} – ${p.Comment}` : p.Name }))]} />
        </Form.Item>
      </Col>
    </Row>
  );
}

/** The names of a class and of those above it. */
function path(c: Class, all: Class[]): string {
  const above = all.find((other) => other.ClassId === c.ParentId);
  return above ? `${path(above, all)} / ${c.ClassName}` : c.ClassName;
}
