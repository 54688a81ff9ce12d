/** HTML built safely: inserted texts are escaped. */
export class Markup {
  constructor(readonly html: string) {}
}

type Piece = Markup | string | number | null | readonly Piece[];

/** `` html`<p>${text}</p>` ``: everything but markup is escaped. */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(
    parts.map((part, at) => part + (at < pieces.length ? shown(pieces[at] ?? null) : '')).join(''),
  );
}

function shown(piece: Piece): string {
  if (piece === null) return '';
  if (piece instanceof Markup) return piece.html;
  if (typeof piece === 'object') return piece.map(shown).join('');
  return String(piece)
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}
