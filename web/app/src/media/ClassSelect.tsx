import { useState } from 'react';
import { Button, Divider, Flex, Input, TreeSelect, Typography } from 'antd';
import { Link } from 'react-router';
import { useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { useTexts } from '../i18n/texts';
import type { PageTexts } from '../i18n/texts';
import { inApp, useClasses } from './lookups';

const en = { other: 'Other', fresh: 'New class', make: 'Add', managed: 'Classes are named, nested and deleted in the settings:', settings: 'Applications and classes' };
const zh: typeof en = { other: '其他', fresh: '新分类', make: '添加', managed: '分类的重命名、分级和删除在设置中：', settings: '应用与分类' };
const texts = { en, zh } satisfies PageTexts<typeof en>;

interface Props {
  id?: string;
  label?: string;
  app: number;
  value: number | undefined;
  change: (classId: number) => void;
}

/** Chooses a class, or makes one at the top: whoever sorts files for the first time has none yet. */
export function ClassSelect({ id, label, app, value, change }: Props) {
  const t = useTexts(texts);
  const classes = useClasses(app, t.other);
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const make = useChange<object, { ClassId: number }>('vod', 'CreateClass', ['settings']);
  const submit = () =>
    make.mutate(
      { ...inApp(app), ParentId: -1, ClassName: name.trim() },
      {
        onSuccess: ({ ClassId }) => {
          change(ClassId);
          setName('');
          setOpen(false);
        },
      },
    );
  return (
    <TreeSelect
      {...(id ? { id } : {})}
      {...(label ? { 'aria-label': label } : {})}
      style={{ width: '100%' }}
      treeDefaultExpandAll
      treeData={classes}
      value={value ?? null}
      onChange={(v: number | null) => v !== null && change(v)}
      open={open}
      onOpenChange={setOpen}
      popupRender={(menu) => (
        <>
          {menu}
          <Divider style={{ margin: '8px 0' }} />
          {/* What is typed here is not meant for the list. */}
          <Flex vertical gap={6} style={{ padding: '0 8px 6px' }} onKeyDown={(e) => e.stopPropagation()}>
            <Flex gap={8}>
              <Input aria-label={t.fresh} placeholder={t.fresh} maxLength={64} value={name} onChange={(e) => setName(e.target.value)} onPressEnter={() => name.trim() && submit()} />
              <Button disabled={!name.trim()} loading={make.isPending} onClick={submit}>{t.make}</Button>
            </Flex>
            {make.error && <Failure error={make.error} />}
            <Typography.Text type="secondary" style={{ fontSize: 12 }}>
              {t.managed} <Link to="/settings/apps">{t.settings}</Link>
            </Typography.Text>
          </Flex>
        </>
      )}
    />
  );
}
