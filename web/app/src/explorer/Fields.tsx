import { useState } from 'react';
import { Button, Card, Flex, Input as TextInput, Select, Typography } from 'antd';
import { DownOutlined, UpOutlined } from '@ant-design/icons';
import { useTexts } from '../i18n/texts';
import { filled, folded, type Field, type Input, type Structure } from './describe';
import { texts } from './texts';

interface Props {
  fields: Field[];
  value: Record<string, Input>;
  structures: Map<string, Structure>;
  onChange: (value: Record<string, Input>) => void;
  /** How deep in structures; those that hold themselves end somewhere. */
  depth?: number;
  /** Begins the ids of the fields: of each item of a list another one. */
  prefix?: string;
}

const deepest = 6;

/** Inputs for the fields of an action or a structure; of many, those that are seldom used are folded away while nothing stands in them. */
export function Fields({ fields, value, structures, onChange, depth = 0, prefix = 'field' }: Props) {
  const t = useTexts(texts);
  const [open, setOpen] = useState(false);
  const { shown, more } = folded(fields);
  return (
    <Flex vertical gap={12}>
      {[...shown, ...more.filter((field) => open || filled(value[field.Name]))].map((field) => (
        <FieldInput
          key={field.Name}
          field={field}
          value={value[field.Name]}
          structures={structures}
          depth={depth}
          id={`${prefix}-${field.Name}`}
          onChange={(input) => onChange({ ...value, [field.Name]: input })}
        />
      ))}
      {more.length > 0 && (
        <Button type="link" aria-expanded={open} icon={open ? <UpOutlined aria-hidden /> : <DownOutlined aria-hidden />} style={{ alignSelf: 'start', paddingInline: 0 }} onClick={() => setOpen(!open)}>
          {open ? t.fewer : t.more(more.filter((field) => !filled(value[field.Name])).length)}
        </Button>
      )}
    </Flex>
  );
}

interface FieldProps {
  id: string;
  field: Field;
  value: Input | undefined;
  structures: Map<string, Structure>;
  depth: number;
  onChange: (value: Input) => void;
}

function FieldInput({ id, field, value, structures, depth, onChange }: FieldProps) {
  const structure = structures.get(field.Type);
  return (
    <div>
      <Typography.Text strong={field.Required}>
        <label htmlFor={structure ? undefined : id}>
          {field.Name}
          {field.Required && <Typography.Text type="danger"> *</Typography.Text>}
        </label>
      </Typography.Text>{' '}
      <Typography.Text type="secondary" style={{ fontSize: 12 }}>
        {field.List ? `${field.Type}[]` : field.Type}
      </Typography.Text>
      <Typography.Paragraph type="secondary" style={{ margin: '0 0 4px', fontSize: 13 }}>
        {field.Doc}
      </Typography.Paragraph>
      {structure ? (
        depth < deepest && <Nested {...{ id, field, structure, structures, depth, onChange }} value={value} />
      ) : (
        <Simple {...{ id, field, onChange }} value={typeof value === 'string' ? value : ''} />
      )}
    </div>
  );
}

function Simple({ id, field, value, onChange }: { id: string; field: Field; value: string; onChange: (value: string) => void }) {
  const t = useTexts(texts);
  if (field.List) {
    return <TextInput.TextArea id={id} autoSize={{ minRows: 1, maxRows: 8 }} value={value} placeholder={t.lines} onChange={(e) => onChange(e.target.value)} />;
  }
  if (field.Type === 'boolean') {
    return <Select id={id} allowClear style={{ width: 120 }} value={value || undefined} options={['true', 'false'].map((v) => ({ value: v, label: v }))} onChange={(v) => onChange(v ?? '')} />;
  }
  return <TextInput id={id} value={value} inputMode={field.Type === 'text' ? 'text' : 'decimal'} onChange={(e) => onChange(e.target.value)} />;
}

function Nested({ id, field, structure, structures, depth, value, onChange }: FieldProps & { structure: Structure }) {
  const t = useTexts(texts);
  const items = field.List ? (Array.isArray(value) ? value : []) : [value ?? {}];
  const set = (i: number, item: Input) => onChange(field.List ? items.map((old, j) => (i === j ? item : old)) : item);
  if (!field.List && value === undefined) {
    return <Button size="small" onClick={() => onChange({})}>{t.fill}</Button>;
  }
  return (
    <Flex vertical gap={8}>
      {items.map((item, i) => (
        <Card key={i} size="small" extra={field.List && <Button size="small" type="text" onClick={() => onChange(items.filter((_, j) => i !== j))}>{t.remove}</Button>} title={field.List ? `${field.Name}.${i}` : undefined}>
          <Fields
            fields={structure.Fields}
            structures={structures}
            depth={depth + 1}
            prefix={`${id}-${i}`}
            value={typeof item === 'object' && !Array.isArray(item) ? item : {}}
            onChange={(inner) => set(i, inner)}
          />
        </Card>
      ))}
      {field.List && <Button size="small" style={{ alignSelf: 'start' }} onClick={() => onChange([...items, {}])}>{t.add}</Button>}
    </Flex>
  );
}
