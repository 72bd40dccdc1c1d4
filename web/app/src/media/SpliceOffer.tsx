import { MergeCellsOutlined } from '@ant-design/icons';
import { Button, Flex, Typography } from 'antd';
import { useTexts } from '../i18n/texts';
import { fileTexts } from './fileTexts';
import { useShow } from './show';
import type { MediaInfo } from './types';

/** Says that a recording is only a piece of what its stream showed, and offers to join them. Nothing where it is all there is. */
export function SpliceOffer({ info, app, splice }: { info: MediaInfo; app: number; splice: () => void }) {
  const t = useTexts(fileTexts);
  const { pieces = [] } = useShow(info, app);
  const at = pieces.findIndex((f) => f.FileId === info.FileId);
  if (pieces.length < 2) return null;
  return (
    <Flex gap={8} align="center" wrap style={{ marginTop: 8, paddingInline: 4 }}>
      <Typography.Text type="secondary">{t.pieceOf(at + 1, pieces.length)}</Typography.Text>
      <Button size="small" icon={<MergeCellsOutlined />} onClick={splice}>{t.spliceAround}</Button>
    </Flex>
  );
}
