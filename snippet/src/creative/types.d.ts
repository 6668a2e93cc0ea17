/** What a creative says and how; docs/wire.md section 5. */
export interface Creative {
  kind: "dialog" | "slide_in";
  title: string;
  body: string;
  accept: string;
  decline: string;
  close: string;
  language: string;
  direction: "auto" | "ltr" | "rtl";
  position: "end" | "start";
  accent: string | null;
}

export interface Target {
  kind: "url" | "none";
  url?: string;
  open?: "tab" | "frame";
}

/** Of an element of the answer's `show`, what painting needs; docs/wire.md section 4. */
export interface Shown {
  creative: Creative;
  target: Target;
}

export interface Painting {
  /** Accepted; called once, before the target opens. */
  onClicked: () => void;
  /** Declined, closed, Escape or a click beside the dialog; called once, never after `onClicked`. */
  onDismissed: () => void;
  /** It has left the screen, in whichever way; a target in a frame stays after `onClicked`. */
  onGone?: () => void;
  /** Aborted: nothing is painted any more, what is on the screen goes. */
  signal?: AbortSignal;
}

export interface Painted {
  /** Takes the creative away without another word. */
  remove: () => void;
}
