import { useState } from 'react';
import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Card, Empty, Flex, Form, Input, Modal, Skeleton, Typography } from 'antd';
import { Link } from 'react-router';
import { useAction, useChange } from '../api/hooks';
import { Failure } from '../components/Failure';
import { Name, visible } from '../components/Name';
import { Popconfirm } from '../components/Popconfirm';
import { useTexts } from '../i18n/texts';
import { inApp, type ClassInfo } from '../media/lookups';
import { AppSelect, useApp } from './AppSelect';
import { texts } from './appsTexts';

/** How deep classes are nested at most. */
const depth = 4;

/** A name that is wanted: of a new class below parent, or another one of a class. */
type Wanted = { parent: number } | ClassInfo;

/** The classes of an application as a tree. */
export function Classes() {
  const t = useTexts(texts);
  const app = useApp();
  const [wanted, setWanted] = useState<Wanted>();
  const { data, error, refetch } = useAction<{ ClassInfoSet: ClassInfo[] }>('settings', 'vod', 'DescribeAllClass', inApp(app));
  const remove = useChange<{ ClassId: number }>('vod', 'DeleteClass', ['settings', 'media']);
  const below = (parent: number, level: number) => {
    const all = (data?.ClassInfoSet ?? []).filter((c) => c.ParentId === parent);
    if (!all.length) return null;
    return (
      <ul style={{ listStyle: 'none', margin: 0, paddingInlineStart: level ? 20 : 0 }}>
        {all.map((c) => (
          <li key={c.ClassId}>
            <Flex gap={4} align="center" style={{ minHeight: 34 }}>
              <Link to={`/media?${app ? `app=${app}&` : ''}class=${c.ClassId}`} aria-label={t.filesOf(c.ClassName)} style={{ minWidth: 0 }}>
                <Name>{c.ClassName}</Name>
              </Link>
              <Typography.Text type="secondary" style={{ fontSize: 12, marginInlineEnd: 4 }}>{t.number(c.ClassId)}</Typography.Text>
              {level < depth - 1 && <Button type="text" size="small" icon={<PlusOutlined />} aria-label={t.addBelow(c.ClassName)} title={t.below} onClick={() => setWanted({ parent: c.ClassId })} />}
              <Button type="text" size="small" icon={<EditOutlined />} aria-label={t.rename(c.ClassName)} title={t.edit} onClick={() => setWanted(c)} />
              <Popconfirm title={t.removeAsk(visible(c.ClassName))} okText={t.removeOk} okButtonProps={{ danger: true }} cancelText={t.cancel} onConfirm={() => remove.mutate({ ...inApp(app), ClassId: c.ClassId })}>
                <Button type="text" size="small" danger icon={<DeleteOutlined />} aria-label={t.remove(c.ClassName)} title={t.removeOk} />
              </Popconfirm>
            </Flex>
            {below(c.ClassId, level + 1)}
          </li>
        ))}
      </ul>
    );
  };
  return (
    <Card size="small" title={t.classes} extra={<Button size="small" onClick={() => setWanted({ parent: -1 })}>{t.addClass}</Button>}>
      <Typography.Paragraph type="secondary">{t.classesAbout}</Typography.Paragraph>
      <AppSelect label={t.app} primary={t.primary} />
      {error && <Failure error={error} retry={() => void refetch()} />}
      {remove.error && <Failure error={remove.error} />}
      {!data && !error && <Skeleton active />}
      {data?.ClassInfoSet.length === 0 && <Empty description={t.noClasses} />}
      {below(-1, 0)}
      {wanted && <Edit app={app} wanted={wanted} close={() => setWanted(undefined)} />}
    </Card>
  );
}

/** Asks for the name of a class. */
function Edit({ app, wanted, close }: { app: number; wanted: Wanted; close: () => void }) {
  const t = useTexts(texts);
  const old = 'ClassId' in wanted ? wanted : undefined;
  const [form] = Form.useForm<{ ClassName: string }>();
  const save = useChange<object>('vod', old ? 'ModifyClass' : 'CreateClass', ['settings', 'media']);
  const where = 'parent' in wanted ? { ParentId: wanted.parent } : { ClassId: wanted.ClassId };
  return (
    <Modal open title={old ? t.edit : t.addClass} okText={t.ok} cancelText={t.cancel} onCancel={close} onOk={() => form.submit()} confirmLoading={save.isPending}>
      {save.error && <Failure error={save.error} />}
      <Form form={form} layout="vertical" initialValues={{ ClassName: old?.ClassName ?? '' }} onFinish={({ ClassName }) => save.mutate({ ...inApp(app), ...where, ClassName }, { onSuccess: close })}>
        <Form.Item name="ClassName" label={t.name} extra={t.classRule} rules={[{ required: true, max: 64, message: t.classRule }]}>
          <Input autoFocus />
        </Form.Item>
      </Form>
    </Modal>
  );
}
