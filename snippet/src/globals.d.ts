/** The page's, ours or another script's; the only name of ours that a page ever sees. */
declare const QSI: unknown;
