import { useState } from 'react';
import { ArrowDownOutlined, ArrowUpOutlined, CloseOutlined, HolderOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Collapse, Flex, theme, Typography } from 'antd';
import dayjs from 'dayjs';
import { useTexts } from '../i18n/texts';
import { duration } from '../lib/format';
import { beginOf } from './begin';
import { byTime, moved } from './splice';
import { Title } from './Title';
import type { MediaInfo } from './types';
import { workTexts } from './workTexts';

interface Props {
  joined: MediaInfo[];
  change: (files: MediaInfo[]) => void;
  /** What was left out to begin with. */
  left: MediaInfo[];
}

/** Files in the order in which they are joined: dragged, or moved by buttons. */
export function SpliceFiles({ joined, change, left }: Props) {
  const t = useTexts(workTexts);
  const [dragged, setDragged] = useState<number>();
  const [gone, setRemoved] = useState(left);
  // Some may have been put back otherwise: see Pieces.
  const removed = gone.filter((f) => !joined.some((other) => other.FileId === f.FileId));
  const remove = (info: MediaInfo) => {
    change(joined.filter((f) => f !== info));
    setRemoved([...removed, info]);
  };
  const back = (info: MediaInfo) => {
    change([...joined, info]);
    setRemoved(removed.filter((f) => f !== info));
  };
  const over = (to: number) => {
    if (dragged === undefined || dragged === to) return;
    change(moved(joined, dragged, to));
    setDragged(to);
  };
  return (
    <Flex vertical gap={6}>
      <Flex justify="space-between" align="center">
        <Typography.Text>{t.order}</Typography.Text>
        <Button size="small" type="link" onClick={() => change([...joined].sort(byTime))}>{t.byTime}</Button>
      </Flex>
      <div style={{ maxHeight: 260, overflow: 'auto' }} tabIndex={0} role="list" aria-label={t.byFiles}>
        {joined.map((info, i) => (
          <div
            key={info.FileId}
            role="listitem"
            draggable
            onDragStart={() => setDragged(i)}
            onDragOver={(e) => {
              e.preventDefault();
              over(i);
            }}
            onDragEnd={() => setDragged(undefined)}
            style={{ opacity: dragged === i ? 0.5 : 1 }}
          >
            <Row info={info} number={i + 1}>
              <Button size="small" type="text" icon={<ArrowUpOutlined />} disabled={i === 0} aria-label={t.up} onClick={() => change(moved(joined, i, i - 1))} />
              <Button size="small" type="text" icon={<ArrowDownOutlined />} disabled={i === joined.length - 1} aria-label={t.down} onClick={() => change(moved(joined, i, i + 1))} />
              <Button size="small" type="text" icon={<CloseOutlined />} aria-label={t.leaveOut} onClick={() => remove(info)} />
            </Row>
          </div>
        ))}
      </div>
      {removed.length > 0 && (
        <Collapse
          size="small"
          items={[
            {
              key: 'left',
              label: left.length > 0 && removed.length === left.length ? t.same(left.length) : `${t.left}: ${removed.length}`,
              children: removed.map((info) => (
                <Row key={info.FileId} info={info}>
                  <Button size="small" type="text" icon={<PlusOutlined />} aria-label={t.putBack} onClick={() => back(info)} />
                </Row>
              )),
            },
          ]}
        />
      )}
    </Flex>
  );
}

function Row({ info, number, children }: { info: MediaInfo; number?: number; children: React.ReactNode }) {
  const { token } = theme.useToken();
  return (
    <Flex gap={8} align="center" style={{ padding: '4px 8px', borderBottom: `1px solid ${token.colorSplit}`, cursor: number ? 'grab' : undefined }}>
      {number && <HolderOutlined style={{ color: token.colorTextTertiary }} />}
      {number && <Typography.Text type="secondary">{number}</Typography.Text>}
      <div style={{ flex: 1, minWidth: 0 }}>
        <Title info={info} />
        <Typography.Text type="secondary" style={{ display: 'block', fontSize: 12 }}>
          {info.BasicInfo.Type.toUpperCase()} · {dayjs(beginOf(info)).format('YYYY-MM-DD HH:mm:ss')} · {duration(info.MetaData.Duration)}
        </Typography.Text>
      </div>
      <Flex>{children}</Flex>
    </Flex>
  );
}
