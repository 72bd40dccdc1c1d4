import { useState } from 'react';
import { Alert, App, Button, Flex, Modal, Select, Typography } from 'antd';
import { Link } from 'react-router';
import { useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import { useOnlyDomain } from './data';
import { keyOf, level, meets } from './priority';
import { RuleName } from './RuleName';
import { rulesTexts } from './rulesTexts';
import { StreamFields } from './StreamFields';
import { options } from './summary';
import { texts } from './texts';
import type { Rule, RuleKey, Template } from './types';

interface Props {
  rules: Rule[];
  templates: Template[];
  initial: RuleKey & { TemplateId: number | undefined };
  onClose: () => void;
}

/** A new rule, with what it will win over and yield to. */
export function RuleForm({ rules, templates, initial, onClose }: Props) {
  const t = useTexts(rulesTexts);
  const words = useTexts(texts);
  const { message } = App.useApp();
  const [key, setKey] = useState<RuleKey>(initial);
  const [edited, setEdited] = useState(false);
  const only = useOnlyDomain();
  if (!edited && only && !key.DomainName) setKey({ ...key, DomainName: only });
  const [picked, setTemplate] = useState(initial.TemplateId);
  const template = picked ?? (templates.length === 1 ? templates[0]?.TemplateId : undefined);
  const [tried, setTried] = useState(false);
  const create = useChange<Rule>('live', 'CreateLiveRecordRule', ['recording', 'settings']);
  const met = meets(key, rules);
  const slash = key.StreamName.includes('/');
  const good = key.DomainName && template && !slash && !met.same;
  const save = () => {
    setTried(true);
    if (!good || !template) return;
    create.mutate({ DomainName: key.DomainName, AppName: key.AppName, StreamName: key.StreamName, TemplateId: template }, {
      onSuccess: () => {
        void message.success(t.created);
        onClose();
      },
    });
  };
  return (
    <Modal
      open
      width={640}
      title={t.form.title}
      onCancel={onClose}
      footer={[
        <Button key="cancel" onClick={onClose}>{t.form.cancel}</Button>,
        <Button key="save" type="primary" loading={create.isPending} onClick={save}>{t.form.save}</Button>,
      ]}
    >
      <Flex vertical gap={16}>
        <StreamFields
          id="rule"
          value={key}
          onChange={(next) => {
            setEdited(true);
            setKey(next);
          }}
          labels={t}
          newDomain={t.form.newDomain}
          help={{ domain: tried && !key.DomainName ? t.form.need : t.form.domainHelp, app: t.form.appHelp, stream: slash ? t.form.slash : t.form.streamHelp }}
          wrong={{ domain: tried && !key.DomainName, stream: slash }}
        />
        <div>
          <label htmlFor="rule-template" style={{ display: 'block', marginBottom: 4 }}>{t.template}</label>
          <Select
            id="rule-template"
            style={{ width: '100%' }}
            value={template}
            onChange={setTemplate}
            {...(tried && !template ? { status: 'error' as const } : {})}
            options={options(templates, words)}
          />
          <Typography.Text type="secondary" style={{ fontSize: 12 }}>
            {t.form.templateHelp} {!templates.length && <Link to="/recording/templates/new">{t.makeTemplate}</Link>}
          </Typography.Text>
        </div>
        {met.same ? (edited || tried) && <Alert type="error" showIcon title={t.form.same} /> : key.DomainName && <Strength rule={key} {...met} />}
        {create.error && <Failure error={create.error} />}
      </Flex>
    </Modal>
  );
}

function Strength({ rule, over, under }: { rule: RuleKey; over: Rule[]; under: Rule[] }) {
  const t = useTexts(rulesTexts);
  const n = level(rule);
  const list = (title: string, all: Rule[]) =>
    all.length > 0 && (
      <div>
        {title}
        {all.slice(0, 5).map((r) => (
          <div key={keyOf(r)}><RuleName rule={r} /></div>
        ))}
        {all.length > 5 && <div>+{all.length - 5}</div>}
      </div>
    );
  return (
    <Alert
      type="info"
      title={t.form.level(n, t.levels[n] ?? '')}
      description={
        <Flex vertical gap={6}>
          {list(t.form.over, over)}
          {list(t.form.under, under)}
          <Typography.Text type="secondary">{t.form.takes}</Typography.Text>
        </Flex>
      }
    />
  );
}
