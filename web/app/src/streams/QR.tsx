import { QRCode } from 'antd';

/** A QR code, dark on light in any theme: cameras read no other. */
export default function QR({ text, label }: { text: string; label: string }) {
  return (
    <div role="img" aria-label={label}>
      <div aria-hidden>
        <QRCode value={text} type="svg" size={280} errorLevel="L" color="#000" bgColor="#fff" style={{ padding: 12 }} />
      </div>
    </div>
  );
}
