import { DeleteOutlined } from '@ant-design/icons';
import { App, Button, Flex, Tooltip } from 'antd';
import { useChange } from '../api/hooks';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { RuleName } from './RuleName';
import { keyOf } from './priority';
import { texts } from './texts';
import type { Rule, Template } from './types';

/** Deletes a template, or says which rules keep that from being done. */
export function RemoveTemplate({ template, rules, tasks, onRemoved }: { template: Template; rules: Rule[]; tasks: number; onRemoved?: () => void }) {
  const t = useTexts(texts);
  const { message } = App.useApp();
  const remove = useChange<{ TemplateId: number }>('live', 'DeleteLiveRecordTemplate', ['recording']);
  const used = rules.length > 0 || tasks > 0;
  const removed = () => {
    void message.success(t.removed);
    onRemoved?.();
  };
  const list = (
    <Flex vertical style={{ maxWidth: 320 }}>
      {t.removeFirst}
      {rules.map((rule) => (
        <RuleName key={keyOf(rule)} rule={rule} />
      ))}
      {tasks > 0 && t.openTasks(tasks)}
    </Flex>
  );
  return (
    <Popconfirm
      title={used ? t.removeNot : t.removeAsk(template.TemplateName)}
      description={used ? list : <div style={{ maxWidth: 300 }}>{t.removeWhat}</div>}
      okText={t.remove}
      okButtonProps={{ danger: true, style: used ? { display: 'none' } : {} }}
      onConfirm={() => remove.mutateAsync({ TemplateId: template.TemplateId }).then(removed, (error: Error) => void message.error(error.message))}
    >
      <Tooltip title={t.remove}>
        <Button type="text" size="small" danger icon={<DeleteOutlined />} aria-label={`${t.remove} ${template.TemplateName}`} />
      </Tooltip>
    </Popconfirm>
  );
}
