import { useState } from 'react';
import { EditOutlined } from '@ant-design/icons';
import { App, Button, Flex, Modal, Select, Typography } from 'antd';
import { useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { RuleName } from './RuleName';
import { rulesTexts } from './rulesTexts';
import { options } from './summary';
import { texts } from './texts';
import type { Rule, Template } from './types';

/** Gives a rule another template, in one step: there is no moment without the rule. */
export function ChangeRule({ rule, templates }: { rule: Rule; templates: Template[] }) {
  const t = useTexts(rulesTexts);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button type="text" size="small" icon={<EditOutlined />} aria-label={`${t.change} ${rule.DomainName}/${rule.AppName || '*'}/${rule.StreamName || '*'}`} title={t.change} onClick={() => setOpen(true)} />
      {open && <Form rule={rule} templates={templates} close={() => setOpen(false)} />}
    </>
  );
}

function Form({ rule, templates, close }: { rule: Rule; templates: Template[]; close: () => void }) {
  const t = useTexts(rulesTexts);
  const words = useTexts(texts);
  const { message } = App.useApp();
  const [template, setTemplate] = useState(rule.TemplateId);
  const modify = useChange<Rule>('live', 'ModifyLiveRecordRule', ['recording']);
  const save = () =>
    modify.mutate({ DomainName: rule.DomainName, AppName: rule.AppName, StreamName: rule.StreamName, TemplateId: template }, {
      onSuccess: () => {
        void message.success(t.changed);
        close();
      },
    });
  return (
    <Modal open width={640} title={t.change} okText={t.changeSave} cancelText={t.form.cancel} okButtonProps={{ disabled: template === rule.TemplateId, loading: modify.isPending }} onOk={save} onCancel={close}>
      <Flex vertical gap={12}>
        <RuleName rule={rule} />
        <div>
          <label htmlFor="rule-other" style={{ display: 'block', marginBottom: 4 }}>{t.template}</label>
          <Select id="rule-other" style={{ width: '100%' }} value={template} onChange={setTemplate} options={options(templates, words)} />
          <Typography.Text type="secondary" style={{ fontSize: 12 }}>{t.form.templateHelp}</Typography.Text>
        </div>
        <Typography.Text type="secondary">{t.form.takes}</Typography.Text>
        {modify.error && <Failure error={modify.error} />}
      </Flex>
    </Modal>
  );
}
