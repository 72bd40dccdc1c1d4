import { useState } from 'react';
import { Flex, Segmented } from 'antd';
import { useTexts } from '../i18n/texts';
import { SecondsInput } from './SecondsInput';
import { texts } from './texts';

const month = 30 * 86400;

/** How long files are kept: for ever, which the API has as 0, or for a time. */
export function StorageTimeInput({ id, value = 0, onChange }: { id?: string; value?: number; onChange?: (seconds: number) => void }) {
  const t = useTexts(texts);
  const [last, setLast] = useState(value || month);
  return (
    <Flex gap={8} wrap align="center">
      <Segmented
        aria-label={t.form.storage}
        value={value === 0 ? 'ever' : 'for'}
        options={[{ value: 'ever', label: t.form.storageForever }, { value: 'for', label: t.form.storageFor }]}
        onChange={(to) => onChange?.(to === 'ever' ? 0 : last)}
      />
      {value > 0 && (
        <SecondsInput
          {...(id ? { id } : {})}
          label={t.form.storage}
          units={['min', 'h', 'd']}
          max={129_600_000}
          value={value}
          onChange={(n) => {
            setLast(n || month);
            // Nothing typed yet is not "for ever".
            onChange?.(n || 60);
          }}
        />
      )}
    </Flex>
  );
}
