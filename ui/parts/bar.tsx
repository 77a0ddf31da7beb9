/** A bar that is filled to a part; without a known part it says that something goes on. */
export function Bar({ fraction, tone = 'live', label }: { fraction: number | null; tone?: string; label: string }) {
  const percent = fraction === null ? undefined : Math.round(fraction * 1000) / 10;
  return (
    <span
      class={`meter tone-${tone}${fraction === null ? ' unknown' : ''}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === undefined ? {} : { 'aria-valuenow': percent })}
    >
      <span style={{ width: percent === undefined ? '100%' : `${percent}%` }} />
    </span>
  );
}
