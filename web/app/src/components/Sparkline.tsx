interface Props {
  values: number[];
  /** What it shows, for those who cannot see it. */
  label: string;
  color: string;
  width?: number;
  height?: number;
}

/** A line without axes. */
export function Sparkline({ values, label, color, width = 120, height = 28 }: Props) {
  const most = Math.max(...values, 1);
  const step = width / Math.max(values.length - 1, 1);
  const points = values.map((v, i) => `${(i * step).toFixed(1)},${(height - 2 - (v / most) * (height - 4)).toFixed(1)}`);
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" style={{ width: '100%', maxWidth: width, height, display: 'block' }}>
      {points.length > 1 && <polyline points={points.join(' ')} fill="none" stroke={color} strokeWidth={1.5} vectorEffect="non-scaling-stroke" />}
    </svg>
  );
}
