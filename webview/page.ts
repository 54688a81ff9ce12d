import type { PanelPayload, PanelRequestKind, PanelResult } from '../src/panel/requests.js';
import type { PanelSplit, PanelState, Span } from '../src/panel/state.js';
import { AxisView } from './axis/axis-view.js';
import { snapInterval } from './axis/snap.js';
import { Details } from './details/details.js';
import { zoomed } from './graph/camera.js';
import { gestures, type Hover } from './graph/gestures.js';
import type { GraphModel } from './graph/graph-model.js';
import { GraphView } from './graph/graph-view.js';
import { showHover } from './graph/hover.js';
import { withLive } from './graph/items.js';
import { pictureFile } from './graph/picture/picture-file.js';
import { stepFrom } from './graph/steps.js';
import type { Room } from './layout/flow.js';
import { framed, h } from './ui/dom.js';
import { later, type Later } from './ui/later.js';
import { NoticeBoard } from './ui/notice-board.js';
import { ProgressLine } from './ui/progress.js';
import { Splitter } from './ui/splitter.js';
import { onThemeChange } from './ui/theme.js';
import { Toolbar, type ExportKind } from './ui/toolbar.js';
import { Tooltip } from './ui/tooltip.js';
import type { ViewState } from './ui/view-state.js';

interface PageHandlers {
  readonly request: <K extends PanelRequestKind>(
    kind: K,
    payload: PanelPayload<K>,
  ) => Promise<PanelResult<K>>;
  /** The person chose something: show the page with it, and save it. */
  readonly update: (change: Partial<ViewState>) => void;
  /** Awaits a person's action and reports its failure. */
  readonly ask: (asked: Promise<unknown>) => void;
  /** For the log only: the person sees it elsewhere. */
  readonly log: (error: unknown) => void;
  /** For the log, plus a sentence for the person. */
  readonly report: (error: unknown) => void;
  /** Shows everything again. */
  readonly refresh: () => void;
}

/** Everything visible, and the reactions to mouse and keys. */
export class Page {
  readonly #model: GraphModel;
  readonly #on: PageHandlers;
  readonly #toolbar: Toolbar;
  readonly #axis: AxisView;
  readonly #graph = new GraphView(() => {
    if (this.#view?.camera === null) this.#seeFirst();
  });
  readonly #details: Details;
  readonly #splitter: Splitter;
  readonly #tooltip: Tooltip;
  readonly #progress = new ProgressLine();
  readonly #notices: NoticeBoard;
  readonly #stage: HTMLElement;
  #state: PanelState | null = null;
  #view: ViewState | null = null;
  #active: string | null = null;
  #fittedFor = '';
  /** The room changed, and its effect was not checked yet. */
  #isResizing = false;
  #lit: {
    readonly of: string | null;
    readonly shape: string;
    readonly set: ReadonlySet<string> | null;
  } | null = null;
  #counts = new Map<string, Promise<number>>();
  readonly #drawLive = framed(() => this.#showLive());
  readonly #remember: Later<NonNullable<ViewState['camera']>>;

  constructor(root: HTMLElement, model: GraphModel, on: PageHandlers) {
    this.#model = model;
    this.#on = on;
    this.#remember = later((camera) => on.update({ camera }));
    this.#toolbar = this.#makeToolbar();
    this.#notices = new NoticeBoard({
      onRetry: () => on.ask(on.request('retry', {})),
      onShowProblem: () => on.ask(on.request('showProblem', {})),
    });
    this.#axis = new AxisView((chosen) => on.update({ chosen }));
    this.#tooltip = new Tooltip((node, span) => this.#countRows(node, span), on.report);
    this.#details = this.#makeDetails();
    const main = h('div', { class: 'main' }, this.#axis.element, this.#graph.element);
    const keepSplit = later((split: PanelSplit) => on.ask(on.request('keepSplit', split)));
    this.#splitter = new Splitter(this.#details.element, (split) => {
      on.update({ split });
      keepSplit(split);
    });
    this.#stage = h('div', { class: 'stage-row' }, main, this.#splitter.element, this.#details.element);
    root.append(
      this.#toolbar.element,
      this.#notices.above,
      this.#stage,
      this.#notices.instead,
      this.#progress.element,
      this.#tooltip.element,
    );
    this.#listen();
    onThemeChange(framed(() => this.#details.repaint()));
    const resized = later(() => this.#resized());
    new ResizeObserver(() => {
      this.#isResizing = true;
      this.#graph.setBusy(true);
      resized(null);
    }).observe(this.#stage);
  }

  show(state: PanelState | null, view: ViewState, failure: string | null): void {
    if (state?.nodes !== this.#state?.nodes) this.#counts = new Map();
    this.#state = state;
    this.#view = view;
    const isBare = this.#notices.show(state, failure);
    this.#stage.hidden = isBare;
    this.#toolbar.element.hidden = isBare;
    this.#progress.show(
      state?.running ?? state?.checking ?? null,
      state?.result ?? null,
      this.#model.live.run,
    );
    this.#model.arrange(view, this.#room());
    if (state) this.#showToolbar(state, view);
    if (!state || isBare) {
      this.#tooltip.hide();
      return;
    }
    this.#graph.setName(state.strategy);
    this.#graph.show(this.#model.scene, this.#model, state.range);
    this.#showEmphasis(view);
    this.#placeCamera(view);
    this.#showLive();
    this.#graph.setBusy(this.#model.isSettling || this.#isResizing);
  }

  /** Shows an active run's progress at the next frame. */
  showProgress(state: PanelState, view: ViewState): void {
    this.#state = state;
    this.#view = view;
    this.#drawLive();
  }

  /** Selects a node and brings it into view. */
  reveal(name: string): void {
    const id = this.#model.scene.itemOf.get(name) ?? name;
    this.#active = id;
    // Unless the person moved the graph, it keeps its first view, with the selection visible.
    const camera = this.#view?.camera ? this.#graph.reveal(id) : null;
    if (camera) this.#on.update({ camera });
    else this.#seeFirst();
  }

  #showToolbar(state: PanelState, view: ViewState): void {
    const found = view.search.trim() === '' ? null : this.#model.find(view.search).length;
    const collapsed = this.#model.isCollapsed(view);
    this.#toolbar.show({ state, view, collapsed, found, target: this.#target });
  }

  #showLive(): void {
    const [state, view] = [this.#state, this.#view];
    if (!state || !view || this.#stage.hidden) return;
    const { live, graph } = this.#model;
    this.#progress.show(state.running ?? state.checking, state.result, live.run);
    this.#graph.setLive(live);
    const nodes = (state.nodes ?? []).map((node) => withLive(node, live));
    const shown = this.#model.node(view.selected);
    const family = this.#model.family(shown?.family ?? view.selected);
    const interval = snapInterval(nodes.map((node) => node.interval));
    this.#axis.show({ range: state.range, nodes, interval, chosen: view.chosen });
    const node = shown && withLive(shown, live);
    const looked = node ? [node] : (family ?? []);
    const inWork = looked.some(({ name }) => name === live.node);
    this.#details.show({
      node,
      family: family && family.map((each) => withLive(each, live)),
      graph,
      range: state.range,
      target: this.#target,
      running: state.running !== null,
      inWork,
      trusted: state.trusted,
      checking: live.checking,
      tab: view.tab,
    });
    this.#splitter.show(view.split, node !== null || family !== null);
  }

  #showEmphasis(view: ViewState): void {
    const { scene } = this.#model;
    const selected = view.selected === null ? null : (scene.itemOf.get(view.selected) ?? view.selected);
    if (this.#lit?.of !== selected || this.#lit.shape !== scene.shape) {
      this.#lit = {
        of: selected,
        shape: scene.shape,
        set: selected === null ? null : this.#model.litBy(selected),
      };
    }
    if (this.#active !== null && !scene.byId.has(this.#active)) this.#active = null;
    const found = view.search.trim() === '' ? null : new Set(this.#model.find(view.search));
    this.#graph.setEmphasis({ selected, active: this.#active ?? selected, lit: this.#lit.set, found });
  }

  /** The saved camera, or the first view if there is none or the graph changed. */
  #placeCamera({ camera }: ViewState): void {
    const { shape } = this.#model.scene;
    if (camera) {
      if (this.#fittedFor !== 'kept') this.#graph.setCamera(camera);
      this.#fittedFor = 'kept';
      return;
    }
    const key = `${shape}\n${[...this.#model.positions.values()].reduce((sum, { x, y }) => sum + x + 3 * y, 0)}`;
    if (key === this.#fittedFor) return;
    this.#fittedFor = key;
    this.#seeFirst();
  }

  /** The selection is in view, even if the graph is larger than the window. */
  #seeFirst(): void {
    const selected = this.#view?.selected ?? null;
    this.#graph.open(selected === null ? null : (this.#model.scene.itemOf.get(selected) ?? selected));
  }

  /** The room of the graph without details: a click on a node must not change the layout. */
  #room(): Room {
    const { clientWidth: width, clientHeight: height } = this.#stage;
    const direction = window.innerWidth >= window.innerHeight ? 'right' : 'down';
    return { width, height: Math.max(0, height - this.#axis.element.offsetHeight), direction };
  }

  #resized(): void {
    const { direction, most } = this.#model.flow;
    this.#isResizing = false;
    this.#on.refresh();
    const { flow } = this.#model;
    // With another layout, an old camera would show nothing.
    if (flow.direction !== direction || flow.most !== most) this.#on.update({ camera: null });
  }

  #countRows(node: string, [start, end]: Span): Promise<number> {
    const key = `${node} ${start} ${end}`;
    let count = this.#counts.get(key);
    if (!count) {
      count = this.#on.request('rows', { node, start, end, from: 0, count: 0 }).then(({ total }) => total);
      this.#counts.set(key, count);
    }
    return count;
  }

  #makeToolbar(): Toolbar {
    const { request, ask, update } = this.#on;
    return new Toolbar({
      onRun: (only) => this.#run(only),
      onCancel: () => ask(request('cancel', {})),
      onSearch: (search) => update({ search }),
      onNext: () => this.#toNextFound(),
      onFocus: (focus) => this.#focusOn(focus),
      onCollapse: (collapsed) => update({ collapsed, open: [], camera: null }),
      onFit: () => this.#fit(),
      onZoom: (factor) => {
        const { width, height } = this.#graph.size;
        this.#moved(zoomed(this.#graph.camera, factor, { x: width / 2, y: height / 2 }));
      },
      onExport: (kind) => ask(this.#save(kind)),
      onRange: (range) => {
        update({ chosen: null });
        ask(request('setRange', { range }));
      },
    });
  }

  /** The range for a run: the chosen one, else what is shown, else everything. */
  get #target(): Span | null {
    return this.#view?.chosen ?? this.#state?.range ?? this.#state?.data ?? null;
  }

  #run(only: 'missing' | null): void {
    if (!this.#target) return;
    const [start, end] = this.#target;
    this.#on.ask(this.#on.request('materialize', { start, end, ...(only && { only }) }));
  }

  #makeDetails(): Details {
    const { request, ask, update, log } = this.#on;
    return new Details({
      onRun: () => this.#run(null),
      onTrust: () => ask(request('retry', {})),
      onClose: () => {
        update({ selected: null });
        this.#graph.element.focus();
      },
      onSelect: (selected) => {
        update({ selected });
        this.reveal(selected);
      },
      onReveal: (node) => ask(request('reveal', { node })),
      onExport: (node) => ask(request('exportNode', { node })),
      onCopy: (text) => ask(request('copy', { text })),
      onTab: (tab) => update({ tab }),
      source: (node) => request('source', { node }).then(({ lines }) => lines),
      read: (node, [start, end], maxPoints) => request('readNode', { node, start, end, maxPoints }),
      rows: (node, [start, end], from, count) => request('rows', { node, start, end, from, count }),
      onError: log,
    });
  }

  #listen(): void {
    gestures(this.#graph, {
      onCamera: (camera) => this.#moved(camera),
      onSelect: (id) => this.#select(id),
      onOpen: (id) => this.#open(id),
      onHover: (hover) => this.#hover(hover),
      onStep: (direction) => {
        const { scene } = this.#model;
        const next = stepFrom(scene, this.#model, this.#active ?? this.#view?.selected ?? null, direction);
        if (next === null) return;
        this.#active = next;
        if (this.#view) this.#showEmphasis(this.#view);
        const camera = this.#graph.reveal(next);
        if (camera) this.#remember(camera);
      },
      onEnter: () => {
        const item = this.#active === null ? undefined : this.#model.scene.byId.get(this.#active);
        if (item?.group?.kind === 'prefix') this.#open(item.id);
        else if (item) this.#select(item.id);
      },
      onFit: () => this.#fit(),
      onSearch: () => this.#toolbar.focusSearch(),
      onEscape: () => this.#escape(),
    });
  }

  #moved(camera: NonNullable<ViewState['camera']>): void {
    this.#graph.move(camera);
    this.#remember(camera);
  }

  #fit(): void {
    this.#remember.cancel();
    const camera = this.#graph.fit();
    if (camera) this.#on.update({ camera });
  }

  #select(id: string | null): void {
    this.#active = id;
    this.#on.update({ selected: id });
  }

  /** Opens a group. For a node, shows its surroundings; if it is shown so already, theirs as well. */
  #open(id: string): void {
    const [item, view] = [this.#model.scene.byId.get(id), this.#view];
    if (!item || !view) return;
    if (item.group?.kind === 'prefix') {
      this.#on.update({ open: [...view.open, item.group.name], selected: null });
      return;
    }
    const names = item.members.map(({ name }) => name);
    const roots = view.focus === 'around' ? [...view.roots, ...names] : names;
    this.#on.update({ focus: 'around', roots, selected: id, camera: null });
  }

  #focusOn(focus: ViewState['focus']): void {
    const selected = this.#view?.selected ?? null;
    const item = selected === null ? undefined : this.#model.scene.byId.get(selected);
    const names =
      item?.members.map(({ name }) => name) ?? (selected === null ? this.#view?.roots : [selected]);
    this.#on.update({ focus, roots: focus === 'all' ? [] : (names ?? []), camera: null });
  }

  #escape(): void {
    const view = this.#view;
    if (!view) return;
    if (view.search !== '') this.#on.update({ search: '' });
    else if (view.focus !== 'all') this.#on.update({ focus: 'all', roots: [], camera: null });
    else this.#select(null);
  }

  #toNextFound(): void {
    const found = this.#model.find(this.#view?.search ?? '');
    const next = found[(found.indexOf(this.#active ?? '') + 1) % Math.max(1, found.length)];
    if (next === undefined) return;
    this.#active = next;
    this.#on.update({ selected: next });
    const camera = this.#graph.reveal(next);
    if (camera) this.#on.update({ camera });
  }

  #hover(hover: Hover | null): void {
    const item = hover && this.#model.scene.byId.get(hover.id);
    if (item) showHover(this.#tooltip, item, this.#model.live, this.#state?.range ?? null, hover);
    else this.#tooltip.hide();
  }

  async #save(kind: ExportKind): Promise<void> {
    const shown = { name: this.#state?.strategy ?? 'graph', range: this.#state?.range ?? null };
    await this.#on.request('saveFile', await pictureFile(kind, this.#model, shown));
  }
}
