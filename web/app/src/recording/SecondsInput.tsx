import { useState } from 'react';
import { InputNumber, Select, Space, Tooltip } from 'antd';
import { useTexts } from '../i18n/texts';
import { texts } from './texts';
import { inSeconds, unitOf, type Unit } from './units';

interface Props {
  id?: string;
  /** In seconds, as the API has it. */
  value?: number;
  onChange?: (seconds: number) => void;
  units: readonly Unit[];
  /** What it is, for those who cannot see the label. */
  label: string;
  max: number;
}

/** A length of time in the unit that people choose; it is seconds outside, and says so to those who look closer. */
export function SecondsInput({ id, value = 0, onChange, units, label, max }: Props) {
  const t = useTexts(texts);
  const [chosen, setChosen] = useState<Unit>();
  const unit = chosen ?? unitOf(value, units);
  return (
    <Tooltip title={t.seconds(value)} trigger={['hover', 'focus']} placement="right">
      <Space.Compact>
        <InputNumber
          {...(id ? { id } : {})}
          aria-label={label}
          min={0}
          max={max / inSeconds[unit]}
          style={{ width: 100 }}
          value={value / inSeconds[unit]}
          onChange={(n) => {
            setChosen(unit);
            onChange?.(Math.round((n ?? 0) * inSeconds[unit]));
          }}
        />
        <Select aria-label={`${label}, ${t.unit[unit]}`} value={unit} style={{ width: 100 }} options={units.map((u) => ({ value: u, label: t.unit[u] }))} onChange={setChosen} />
      </Space.Compact>
    </Tooltip>
  );
}
