import { createContext, useContext, type ReactNode, type ThHTMLAttributes } from 'react';
import { Checkbox, Table, Typography } from 'antd';
import dayjs from 'dayjs';
import { Link } from 'react-router';
import { Name } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { bytes, duration } from '../lib/format';
import { beginOf } from './begin';
import { Cover } from './Cover';
import { useExtent, type ShowProps } from './Grid';
import { Marks } from './Marks';
import { texts } from './texts';
import { Title } from './Title';
import { titleOf } from './titles';
import { pathOf, type MediaInfo } from './types';

/** The box that chooses all of the page. */
const All = createContext<ReactNode>(null);

/** A cell of the header. The box is put in here: what is the title of a column antd repeats in a row that is hidden, where nothing may have the focus. */
function HeaderCell(props: ThHTMLAttributes<HTMLTableCellElement>) {
  const all = useContext(All);
  return <th {...props}>{props.className?.includes('ant-table-selection-column') ? all : props.children}</th>;
}

/** Files as a list. */
export function MediaTable({ files, app, chosen, choose, oldest, order }: ShowProps) {
  const t = useTexts(texts);
  const here = files.filter((info) => chosen.has(info.FileId)).length;
  return (
    <All value={<Checkbox aria-label={t.all} checked={here > 0 && here === files.length} indeterminate={here > 0 && here < files.length} onChange={(e) => choose(files, e.target.checked)} />}>
      <Table<MediaInfo>
        components={{ header: { cell: HeaderCell } }}
        size="small"
        rowKey="FileId"
        dataSource={files}
        pagination={false}
        scroll={{ x: 860 }}
        rowSelection={{
          selectedRowKeys: [...chosen.keys()],
          preserveSelectedRowKeys: true,
          // That of antd has no name: see HeaderCell.
          hideSelectAll: true,
          onSelect: (info, on) => choose([info], on),
          getCheckboxProps: (info) => ({ 'aria-label': t.select(titleOf(info).slice(0, 80), info.BasicInfo.Type.toUpperCase()) }) as object,
        }}
        // SearchMedia knows no other order than that of time.
        onChange={(_, __, sorted) => order(!Array.isArray(sorted) && sorted.order === 'ascend')}
        columns={[
          { key: 'cover', width: 96, title: '', render: (_, info) => <Cover info={info} width={80} /> },
          {
            key: 'name',
            title: t.name,
            render: (_, info) => (
              <div style={{ minWidth: 200, maxWidth: 420 }}>
                <Link to={pathOf(info.FileId, app)} style={{ display: 'block' }}>
                  <Title info={info} />
                </Link>
                <Marks info={info} />
              </div>
            ),
          },
          { key: 'stream', title: t.stream, width: 200, render: (_, info) => <Stream info={info} /> },
          { key: 'when', title: t.when, width: 190, sorter: true, sortOrder: oldest ? 'ascend' : 'descend', sortDirections: ['descend', 'ascend', 'descend'], render: (_, info) => dayjs(beginOf(info)).format('YYYY-MM-DD HH:mm:ss') },
          { key: 'length', title: t.length, width: 80, align: 'right', render: (_, info) => <Extent info={info} of="seconds" /> },
          { key: 'size', title: t.size, width: 90, align: 'right', render: (_, info) => <Extent info={info} of="size" /> },
        ]}
      />
    </All>
  );
}

function Extent({ info, of }: { info: MediaInfo; of: 'seconds' | 'size' }) {
  const extent = useExtent(info);
  return <span style={{ fontVariantNumeric: 'tabular-nums' }}>{of === 'size' ? bytes(extent.size) : duration(extent.seconds)}</span>;
}

function Stream({ info }: { info: MediaInfo }) {
  const t = useTexts(texts);
  const live = info.BasicInfo.SourceInfo.LiveRecordInfo;
  if (!live) return <Typography.Text type="secondary">{t.sources[info.BasicInfo.SourceInfo.SourceType] ?? ''}</Typography.Text>;
  return (
    <div style={{ maxWidth: 200 }}>
      <Name>{`${live.Path}/${live.StreamId}`}</Name>
    </div>
  );
}
