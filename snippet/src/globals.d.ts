/** The page's, ours or another script's; the only name of ours that a page ever sees. */
declare const QSI: unknown;
/** In the loader alone: the project's start file, which the edge writes in. */
declare const ASKWELL_START: import("./types").Start;
