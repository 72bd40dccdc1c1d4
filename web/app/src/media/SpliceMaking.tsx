import { Alert, Button, Flex, Progress, Result, Skeleton, Typography } from 'antd';
import { useNavigate } from 'react-router';
import { useAction } from '../api/hooks';
import { Failure } from '../components/Failure';
import { visible } from '../components/Name';
import { useTexts } from '../i18n/texts';
import { Pieces, type Spliced } from './SplicePieces';
import { pathOf } from './types';
import { workTexts } from './workTexts';

/** What SpliceRecordings answered. */
export interface Made extends Spliced {
  TaskId: string;
}

interface Detail {
  Status: string;
  LongTask: { ErrCode: number; Message: string; Progress: number; Output: { FileId: string; Method: string } | null } | null;
}

/** How far a splice is. */
export function useMaking(made: Made | undefined, of: object) {
  const { data, error, refetch } = useAction<Detail>('work', 'vod', 'DescribeTaskDetail', { ...of, TaskId: made?.TaskId }, { enabled: !!made });
  const over = data?.Status === 'FINISH' || data?.Status === 'ABORTED';
  return { data, error, refetch, over };
}

interface Props {
  made: Made;
  making: ReturnType<typeof useMaking>;
  app: number;
  /** Goes on without the dialog. */
  leave: () => void;
  close: () => void;
}

/** How far the new file is, and when it is ready, the file. */
export function Making({ made, making: { data, error, refetch, over }, app, leave, close }: Props) {
  const t = useTexts(workTexts);
  const navigate = useNavigate();
  const task = data?.LongTask;
  const file = over ? task?.Output?.FileId : undefined;
  const play = () => {
    close();
    if (file) void navigate(pathOf(file, app));
  };
  return (
    <Flex vertical gap={12}>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton active paragraph={{ rows: 1 }} />}
      {data && file && (
        <Result style={{ padding: 16 }} status="success" title={t.result} subTitle={t.methods[task?.Output?.Method ?? '']} extra={[<Button key="p" type="primary" autoFocus onClick={play}>{t.play}</Button>, <Button key="c" onClick={close}>{t.close}</Button>]} />
      )}
      {data && over && !file && <Alert type="error" showIcon title={t.wrong(t.kinds.SpliceRecordings!)} description={visible(task?.Message ?? '')} action={<Button onClick={close}>{t.close}</Button>} />}
      {data && !over && (
        <div style={{ padding: '8px 0' }}>
          <Typography.Text strong>{data.Status === 'WAITING' ? t.waits : t.joins(made.PieceSet.length)}</Typography.Text>
          <Progress percent={task?.Progress ?? 0} status="active" aria-label={t.progress} />
          <Flex justify="space-between" align="center" gap={8} wrap>
            <Typography.Text type="secondary">{t.mayLeave}</Typography.Text>
            <Button onClick={leave}>{t.leave}</Button>
          </Flex>
        </div>
      )}
      <Pieces title={over ? t.after : t.before} found={made} />
    </Flex>
  );
}
