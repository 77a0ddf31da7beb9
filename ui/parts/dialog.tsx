/** A modal dialog: the browser's own, which keeps the focus, closes on Escape and hides the rest from screen readers. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

interface DialogProps {
  isOpen: boolean;
  close: () => void;
  title: string;
  children: ComponentChildren;
}

export function Dialog({ isOpen, close, title, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const { current } = dialog;
    if (isOpen && !current?.open) current?.showModal();
    if (!isOpen && current?.open) current.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={close} closedby="any">
      {isOpen && (
        <div class="dialog">
          <h2 id={titleId}>{title}</h2>
          {children}
        </div>
      )}
    </dialog>
  );
}
