// The page of the Results panel: built into dist/webview/results.js and results.css.
import 'uplot/dist/uPlot.min.css';
import '../style/results/index.css';
import '../ui/controls.js';
import { ResultsApp } from './app.js';

const root = document.querySelector<HTMLElement>('#app');
if (!root) throw new Error('The page of the Results panel has no place for it.');
const app = new ResultsApp(acquireVsCodeApi(), root);
window.addEventListener('message', ({ data }: MessageEvent<unknown>) => app.receive(data));
window.addEventListener('error', ({ error, message }) => app.report(error ?? message));
window.addEventListener('unhandledrejection', ({ reason }) => app.report(reason));
app.start();
